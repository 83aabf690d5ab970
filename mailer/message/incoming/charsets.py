"""The charsets that mail is written in, and the codec that reads each: nothing else is decoded by.

Whoever writes a mail names its charset. Python knows codecs that are none (`zlib`, `rot13`,
`unicode_escape`), whose work grows with the square of the text (`punycode`: 128 KiB take seconds),
or that make signs appear where filters saw none (`utf-7`, which RFC 2152 itself discourages). So a
name is looked up here, and one that is not here says nothing.

The names are those of the WHATWG Encoding Standard with the labels that it lists, and what mail
systems write besides. Each codec reads a superset of what its names promise: half of the mail that
says `iso-8859-1` is in windows-1252.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST_NAME: Final = 60
"""Characters of a name that is looked up."""

UNDECLARED: Final = "ascii"
"""Stands for names that promise nothing beyond ASCII: the text's own looks decide."""

_NOT_TELLING: Final = re.compile(r"[^a-z0-9]+")
"""`ISO_8859-1`, `iso 8859 1` and `iso8859-1` are one name."""

_NAMES: Final = {
    UNDECLARED: (
        "ascii us-ascii ansi_x3.4-1968 ansi_x3.4-1986 iso-ir-6 iso_646.irv:1991 iso646-us us ibm367"
        " cp367 csascii unknown-8bit x-unknown unknown x-unknown-charset 8bit 7bit default none"
        " x-user-defined"
    ),
    "utf-8": (
        "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 cp65001"
        " utf-8-sig utf8mb4 csutf8"
    ),
    "utf-16": "utf-16 unicode ucs-2 iso-10646-ucs-2 csunicode unicodefeff",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be unicodefffe",
    "utf-32": "utf-32 ucs-4 iso-10646-ucs-4",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
    "cp866": "ibm866 866 cp866 csibm866",
    "cp437": "ibm437 437 cp437",
    "cp850": "ibm850 850 cp850",
    "cp852": "ibm852 852 cp852",
    "cp855": "ibm855 855 cp855",
    "cp858": "ibm00858 858 cp858",
    "cp862": "ibm862 862 cp862 dos-862",
    "iso8859_2": "iso-8859-2 csisolatin2 iso-ir-101 iso_8859-2:1987 l2 latin2",
    "iso8859_3": "iso-8859-3 csisolatin3 iso-ir-109 iso_8859-3:1988 l3 latin3",
    "iso8859_4": "iso-8859-4 csisolatin4 iso-ir-110 iso_8859-4:1988 l4 latin4",
    "iso8859_5": "iso-8859-5 csisolatincyrillic cyrillic iso-ir-144 iso_8859-5:1988",
    "iso8859_6": (
        "iso-8859-6 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e"
        " iso-8859-6-i iso-ir-127 iso_8859-6:1987"
    ),
    "iso8859_7": (
        "iso-8859-7 csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso_8859-7:1987"
        " sun_eu_greek"
    ),
    "iso8859_8": (
        "iso-8859-8 csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso_8859-8:1988"
        " visual iso-8859-8-i csiso88598i logical"
    ),
    "iso8859_10": "iso-8859-10 csisolatin6 iso-ir-157 l6 latin6",
    "iso8859_13": "iso-8859-13 latin7",
    "iso8859_14": "iso-8859-14 latin8",
    "iso8859_15": "iso-8859-15 csisolatin9 l9 latin9 latin-9",
    "iso8859_16": "iso-8859-16 latin10",
    "koi8_r": "koi8-r cskoi8r koi koi8 koi8_r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh csmacintosh mac x-mac-roman macroman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian maccyrillic",
    "cp874": (
        "windows-874 dos-874 tis-620 iso-8859-11 cp874 ms874 iso-ir-166 tis620-0 tis620.2533-0"
    ),
    "cp1250": "windows-1250 cp1250 x-cp1250 ansi-1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251 ansi-1251",
    "cp1252": (
        "windows-1252 cp1252 x-cp1252 ansi-1252 iso-8859-1 cp819 csisolatin1 ibm819 iso-ir-100"
        " iso_8859-1:1987 l1 latin1 latin-1 x-ansi ansi"
    ),
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": (
        "windows-1254 cp1254 x-cp1254 iso-8859-9 csisolatin5 iso-ir-148 iso_8859-9:1989 l5 latin5"
    ),
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "gb18030": (
        "gb18030 gbk chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk"
        " cp936 ms936 windows-936 euc-cn gb18030-2000 csgbk gb-18030"
    ),
    "hz": "hz-gb-2312 hz hzgb2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 ms950 windows-950 big5-eten",
    "euc_jp": "euc-jp cseucpkdfmtjapanese x-euc-jp eucjp ujis euc-jp-ms cp51932",
    "iso2022_jp_ext": (
        "iso-2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 csiso2022jp2 iso-2022-jp-3"
        " iso-2022-jp-2004 iso-2022-jp-ext iso-2022-jp-ms cp50220 cp50221 cp50222 jis"
    ),
    "cp932": "shift_jis csshiftjis ms932 ms_kanji sjis windows-31j x-sjis cp932 cswindows31j",
    "cp949": (
        "euc-kr cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601"
        " ksc_5601 windows-949 cp949 ms949 uhc kr-euc"
    ),
    "iso2022_kr": "iso-2022-kr csiso2022kr",
}  # fmt: skip


def _key(name: str) -> str:
    return _NOT_TELLING.sub("", name.lower())


_CODECS: Final = {_key(name): codec for codec, names in _NAMES.items() for name in names.split()}


def codec_of(name: str) -> str:
    """Return the codec for a charset as a mail names it; empty if it is none that mail is in.

    Takes any text; quotation marks, spaces and the language of RFC 2231 (`utf-8'en'`, `utf-8*en`)
    are passed over. `UNDECLARED` is returned for names that promise nothing.
    """
    if len(name) > LONGEST_NAME:
        return ""
    bare = re.split(r"[*'\s]", name.strip("\"' \t\r\n"), maxsplit=1)[0]
    return _CODECS.get(_key(bare), "") or _CODECS.get(_key(name), "")
