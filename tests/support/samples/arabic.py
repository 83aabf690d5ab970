"""A language that is written from right to left, as somebody would add it: a folder of words.

Only some words are Arabic; the others stay as they were, for a page's direction is what is tested.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from mailer.content.language import calendar_words, locale_files, web_words, words

WORDS: Final = {
    "Editions": "الأعداد",
    "Calendar": "التقويم",
    "Subscribe": "اشترك",
    "Search": "بحث",
    "Languages": "اللغات",
    "All editions": "كل الأعداد",
    "Welcome": "مرحبا",
}
EDITION: Final = {
    "edition.toml": """
slug = "rabi-2023"
date = 2023-04-20
season = { ar = "ربيع 2023" }
fallback = ["ar"]
[subject]
ar = "نشرة الربيع: دعوة إلى تقديم المقترحات"
""",
    "ar.md": """+++
title = "نشرة المنشآت الصغيرة"
subtitle = "أخبار التجارة للمنشآت المتناهية الصغر والصغيرة والمتوسطة"
preheader = "دعوتان ومواعيد هذا العام، وما يقوله أصحاب المنشآت الصغيرة عن التصدير."
+++

## دعوة إلى تقديم المقترحات

ترحب المجموعة بالمقترحات من المنشآت الصغيرة، ومن الغرف التجارية، **حتى الخامس من مايو**.

1. مشروعات جديدة
2. مشروعات مجربة

::: quote
لا يُعرف إلا القليل عن أثر الاتفاقات في تجارة المنشآت الصغيرة.
:::

## الموقع الجديد

يُفتح الموقع الجديد Trade4MSMEs في 27 يونيو.
""",
}


@contextmanager
def arabic(folder: Path) -> Iterator[None]:
    """Add the language to a copy of the words, for as long as the context lasts."""
    shutil.copytree(locale_files.TEMPLATES / "locale", folder / "locale")
    own = folder / "locale" / "ar"
    shutil.copytree(folder / "locale" / "en", own)
    for file in own.rglob("*"):
        if file.suffix in {".po", ".toml"}:
            text = file.read_text(encoding="utf-8").replace("Language: en_GB", "Language: ar")
            for english, there in WORDS.items():
                text = text.replace(f'"{english}"', f'"{there}"')
            file.write_text(text, encoding="utf-8")
    caches = (words.words_for, web_words.web_words_for, calendar_words.calendar_words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locale_files, "TEMPLATES", folder)
        for cache in caches:
            cache.cache_clear()
        yield
    for cache in caches:
        cache.cache_clear()


def write_edition(folder: Path) -> Path:
    """Write an edition in Arabic; returns its folder."""
    folder.mkdir()
    for name, text in EDITION.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
