r"""Whom and what reports speak of, and what they say of it, in some twenty languages; see `bounce_sets`.

Words are written as they are spelled; accents do not count, and `ä` stands for `ae`, too. A word
ends where it is written to end, unless `\w*` follows it.
"""

# ruff: noqa: E501  # a list of words that is cut in two cannot be read
from __future__ import annotations

from typing import Final

OURS: Final = (
    r"sender(?:'?s)?(?:'s)?(?: (?:e-?mail|mail|address|domain|host|ip|name|server|id))*|senders?'?s?|envelope[- ]from|mail[- ]from|return[- ]path|from[- ](?:address|header|domain)|helo|ehlo|client (?:host|ip|address)|sending (?:\w+ )?(?:ip|host|server|domain|limit|account)|originat\w+",
    r"(?:your|this|the|sending|connecting|remote|source|client) ip\b(?:[- ]address\w*)?|ip[- ]?(?:address\w*|adress?\w*|cím\w*|adres\w*)|(?:adresse|dirección|indirizzo|endereço|adres\w*|адрес\w*) ip\b|ip\b(?!v[46])|ip地址|ipアドレス|ip 주소",
    r"(?:your|from your) (?:mail )?(?:domain|host|server|network|address|e-?mail address|isp|provider|relay|country|site|system|hostname)|ihre?[nrms]? (?:server\w*|domain|domäne|adresse|netz\w*|provider\w*|e-?mail-?adresse|system\w*)|(?:votre|vos) (?:serveur|domaine|adresse|réseau|hébergeur)|(?:su|tu) (?:servidor|dominio|dirección|red|proveedor)|(?:il )?(?:suo|vostro|tuo) (?:server|dominio|indirizzo|provider)|(?:seu|vosso) (?:servidor|domínio|endereço)|uw (?:server|domein|adres|netwerk|provider)|(?:din|ditt|jeres|deres) (?:server\w*|domän\w*|domæne\w*|adress?e?)|(?:twój|twoj\w*|państwa|wasz\w*) (?:serwer\w*|domen\w*|adres\w*)|(?:váš|vaš\w*|vaše\w*) (?:server\w*|domén\w*|adres\w*)|ваш\w* (?:сервер\w*|домен\w*|адрес\w*)|您的(?:服务器|域名|ip|伺服器)|お使いのサーバ|귀하의 (?:서버|도메인)",
    r"absender\w*|versender\w*|expéditeurs?|expéditrice|[ée]metteurs?|remitentes?|mittent[ei]|remetentes?|afzender\w*|verzender\w*|avsändar\w*|afsender\w*|avsender\w*|lähettäj\w*|nadawc\w*|odesílatel\w*|odosielate\w*|feladó\w*|expeditor\w*|отправител\w*|відправник\w*|gönderen\w*|gönderici\w*|αποστολ\w*",
    r"送信者|送信元|差出人|发件人|發件人|寄件人|寄件者|发送者|보낸 ?사람|발신|المرسل|השולח",
)
"""Us: whoever sent it, and from where."""

MACHINE: Final = (
    r"server\w*|service\w*|connections?|systems?|networks?|relay\w*|gateway\w*|ports?|queue\w*|command\w*|sessions?|files?|format|syntax|parameters?|arguments?|certificate\w*|authentication|password\w*|credential\w*|verbindung\w*|dienst\w*|netz\w*|zertifikat\w*|serveurs?|connexion\w*|réseau\w*|certificat|servidor\w*|conexi[oó]n\w*|connession\w*|conex[aã]o|verbinding\w*|anslutning\w*|forbindelse\w*|palvelin\w*|yhtey\w*|serwer\w*|połączeni\w*|spojení|kapcsolat\w*|conexiun\w*|сервер\w*|соединени\w*|сервіс\w*|sunucu\w*|bağlantı\w*|διακομιστ\w*",
    r"サーバ|接続|服务器|伺服器|连接|連線|서버|연결|خادم|שרת",
)
"""A machine on the way: what it lacks says nothing of the address."""

DOMAIN: Final = (
    r"(?:e?-?mail |recipient |recipient's |destination |remote |target )?(?:domains?|domain ?names?|host ?names?|hosts?|mail exchanger|mx(?: records?)?)|(?:mail-?|empfänger)?domain|domäne\w*|domaines?|(?:nom|nombre|nome) de (?:domaine|dominio|domínio)|nome (?:del )?dominio|dominios?|domínios?|domini|domein\w*|domän\w*|domæne\w*|domene\w*|verkkotunnu\w*|domen\w*|domén\w*|tartomány\w*|домен\w*|(?:alan|etki alanı) adı\w*",
    r"ドメイン|域名|網域|도메인|النطاق|הדומיין",
)
"""The domain that mail was for."""

STORE: Final = (
    r"quotas?|storage|(?:disk|mail|storage|mailbox) ?space|space|room|capacity|storage limits?|speicher\w*|kontingent\w*|platz|postfachgrö(?:ß|ss)e|espace (?:disque|de stockage)?|stockage|cuota|espacio|almacenamiento|spazio|cota|espaço|armazenamento|opslag\w*|ruimte|schijfruimte|utrymme\w*|lagrings\w*|kvot\w*|plads\w*|diskplads|plass\w*|lagringsplass|tila|levytila\w*|kiintiö\w*|miejsc\w*|pojemnoś\w*|místo|miesto|kvót\w*|kapacit\w*|tárhely\w*|tárterület\w*|spați\w*|capacitate\w*|квот\w*|мест[оа]|лимит\w*|об'?[ъє]м\w*|место|місц\w*|ліміт\w*|alanı?|kota\w*|χώρο\w*|όριο",
    r"容量|空间|空間|配额|配額|용량|공간",
)
"""What a mailbox may hold."""
QUOTA: Final = r"quota\w*|kontingent\w*|speicher(?:platz|kontingent)\w*|stockage|cuota|almacenamiento|cota|armazenamento|kvot\w*|lagrings\w*|kiintiö\w*|kvót\w*|tárhely\w*|квот\w*|kota\w*"
"""What only a mailbox has of it."""

BOX: Final = (
    r"mail ?box\w*|inbox\w*|mail ?(?:folder|file|store|drop|directory)|accounts?|\w{0,12}(?:postfach|postfächer)\w*|posteingang\w*|\w{0,12}(?:konto|konten)\w{0,3}|boîtes?(?: (?:aux lettres|de réception|mail|e-?mail|postale))?|\bbal|messagerie|comptes?|buz[oó]n(?:es)?|casillas?|bandeja(?: de entrada)?|cuentas?|casell[ae](?: (?:di posta|postale|e-?mail))?|caixas?(?: (?:postal|de correio|de entrada))?|contas?|postvak\w*|postbus\w*|brievenbus\w*|\w{0,8}brevlåd\w*|postlåd\w*|inkorg\w*|postkass\w*|postboks\w*|indbakk\w*|innboks\w*|\w{0,8}postilaatik\w*|saapuneet|tili(?:n|ä|llä)?|skrzynk\w*|kont[oa]|schránk\w*|účet|účt\w*|účtu|postafiók\w*|postaláda\w*|fiók\w*|căsuț\w*|cutia|cont(?:ul|ului)?|ящик\w*|аккаунт\w*|уч[её]тн\w* запис\w*|скриньк\w*|облікови\w* запис\w*|\w{0,6} ?kutusu\w*|hesa[bp]\w*|γραμματοκιβώτιο\w*|θυρίδα\w*|λογαριασμ\w*|sandučić\w*|račun\w*|hộp thư|tài khoản|kotak (?:surat|masuk)|akun",
    r"メールボックス|受信箱|アカウント|邮箱|郵箱|信箱|邮筒|帐号|账号|帳號|账户|帐户|帳戶|메일함|편지함|계정|صندوق|الحساب|תיבת|התיבה|חשבון|กล่อง|บัญชี",
)
"""The mailbox that mail was for."""

WHO: Final = (
    r"users?|user ?(?:name|id)s?|recipients?|addressees?|(?:e-?mail |mail |delivery |this |that |destination )?address(?:es)?|alias(?:es)?|subscribers?|members?|customers?|employees?|persons?|people|students?|contacts?|owners?|ids?|logins?|(?:mail)?names?|local ?-?parts?|receivers?|destinations?|e-?mail id|numbers?",
    r"benutzer\w*|nutzer\w*|empfänger\w*|adressat\w*|\w{0,10}-?adressen?|teilnehmer\w*|kund(?:e|en|in)|mitarbeiter\w*|mitglied\w*|person|kennung|rufnummer|anschluss|utilisateurs?|utilisatrice|usagers?|destinataires?|adresses?|abonn[ée]e?s?|client[es]?|correspondant\w*|adhérent\w*|personne|salari[ée]\w*|usuari[oa]s?|destinatari[oa]s?|direcci[oó]n(?:es)?(?: de correo(?: electrónico)?)?|adresse (?:de messagerie|e-?mail|électronique)|indirizzo (?:e-?mail|di posta)|endereço de (?:e-?mail|correio)|suscriptor\w*|clientes?|persona|emplead[oa]|utent[ei]|destinatari[oe]?|indirizz[oi]|abbonat[oi]|dipendente|nominativo|utilizador\w*|endereços?|assinante\w*",
    r"gebruikers?|ontvangers?|geadresseerde\w*|\w{0,6}-?adres(?:sen)?|abonnee\w*|klant\w*|medewerker\w*|geabonneerde|användar\w*|mottagar\w*|\w{0,8}-?adress(?:en|er|erna)?|kund(?:en)?|bruger\w*|bruker\w*|modtager\w*|mottaker\w*|adresse(?:n|r)?|abonnent\w*|käyttäj\w*|vastaanottaj\w*|\w{0,12}osoit\w*|tilaaj\w*",
    r"użytkownik\w*|odbiorc\w*|adresat\w*|adres\w*|abonent\w*|klient\w*|pracownik\w*|osob[ay]|uživatel\w*|příjemc\w*|adresát\w*|používate\w*|prijemc\w*|zákazn[íi]k\w*|felhasználó\w*|címzett\w*|e?-?(?:mail)?-?cím\w*|utilizator\w*|destinatar\w*|korisni[kc]\w*|primatelj\w*|primalac|uporabnik\w*|prejemnik\w*|naslov\w*|vartotoj\w*|gavėj\w*|adresāt\w*|lietotāj\w*|kasutaja\w*|saaja\w*|aadress\w*",
    r"пользовател\w*|получател\w*|адресат\w*|адрес\w*|абонент\w*|клиент\w*|сотрудник\w*|користувач\w*|одержувач\w*|отримувач\w*|потребител\w*|корисник\w*|kullanıcı\w*|alıcı\w*|\w{0,4} ?adres\w*|abone\w*|χρήστη\w*|παραλήπτη\w*|διεύθυνσ\w*|người (?:dùng|nhận)|địa chỉ|pengguna|penerima|alamat",
    r"ユーザ|宛先|宛て先|あて先|受信者|受取人|アドレス|用户|用戶|收件人|收信人|地址|使用者|사용자|수신자|수신인|주소|받는 ?사람|المستخدم|المستلم|العنوان|המשתמש|הנמען|הכתובת|ผู้ใช้|ผู้รับ|ที่อยู่",
)
"""Whoever mail was for, by any name."""

MESSAGE: Final = (
    r"messages?|(?:e-?)?mails?|letters?|content|attachment\w*|subject|body|header\w*|deliver\w*|nachricht\w*|zustellung|anhang|anhänge|inhalt\w*|betreff|courriels?|contenu|livraison|envoi|pi[eè]ces? jointes?|mensajes?|correos?|contenido|entrega|envío|adjunto\w*|messagg\w*|contenuto|consegna|allegat\w*|mensagem|mensagens|conteúdo|anexo\w*|berichten?|bezorging|inhoud|bijlage\w*|meddeland\w*|meddelels\w*|melding\w*|besked\w*|leverans\w*|levering\w*|innehåll|bilaga|viesti\w*|toimitus|wiadomoś\w*|przesyłk\w*|treś\w*|zpráv\w*|správ\w*|doručen\w*|üzenet\w*|lev[eé]l\w*|mesaj\w*|livrare\w*|сообщени\w*|письм\w*|доставк\w*|повідомленн\w*|лист\w*|ileti\w*|posta|μήνυμα\w*",
    r"メッセージ|メール|邮件|郵件|消息|信件|内容|메시지|메일|내용|الرسالة|ההודעה",
)
"""The message, or its delivery."""

ABSENT: Final = (
    r"unknown|unrecogni[sz]ed|undefined|unidentified|(?<!may be )(?:invalid|non-?existent|inexistent|incorrect|wrong|illegal|misspelled|mistyped)|no such|not (?:be )?(?:\w+ ){0,2}?(?:found|known|exist\w*|valid|listed|recogni[sz]ed|located|registered|here|there|present|served|hosted|matched|identified|assigned|provisioned|subscribed here|on (?:this|our) \w+|in (?:our|the|this) \w+|(?:one of|among) our\w*)|(?:does|do|did|is|was|are|has|have|could|can)(?:n't| ?not) (?:\w+ ){0,3}?(?:exist\w*|found|find|valid|listed|registered|locate\w*|match\w*|resolve\w*|belong\w*|correspond\w*|work here|live here)|no longer|no more here|never (?:\w+ )?existed|(?:has|have|had|'s) (?:\w+ )?(?:left|departed|retired|resigned|quit|gone|passed away|died|moved on)|deceased|has ceased|ceased to|(?:has|have) been (?:\w+ )?(?:deleted|removed|erased|purged)|(?:was|is|were|are) (?:\w+ )?(?:deleted|removed|erased|purged|gone)",
    r"unbekannt\w*|niemand|nobody|no ?one|nadie|nessuno|ninguém|existier\w* (?:\S+ ){0,5}nicht|existier\w* nicht|(?<!noch )nicht (?:\S+ ){0,3}(?:existier\w*|gefunden|vorhanden|bekannt|gültig|eingerichtet|registriert|verzeichnet|aufgeführt|gelistet|zuordnen|zugeordnet|ermittelt|ermitteln|angelegt|vergeben|beschäftigt|tätig|finden|belegt)|(?<!noch )nicht \(?mehr\)?(?: \w+)? gibt|gibt es (?:\S+ ){0,4}?nicht|(?:ist|wird|sind|arbeitet|war) (?:\S+ ){0,4}?nicht mehr|ungültig\w*|falsch\w*|ausgeschieden|verlassen|gelöscht\w*|entfernt|verstorben|inexistent\w*|aufgelöst|erloschen|kein\w* (?:\w+ )?(?:teilnehmer|empfänger|postfach|benutzer|nutzer|konto|adresse)|kein\w* (?:gültig\w*|kund\w*|mitglied\w*|mitarbeiter\w*)",
    r"non (?:répertori|reconnu|trouv|attribu)\w*|aucune? (?:\w+ )?(?:destinataire|utilisateur|compte|boîte|abonné)|inconnu\w*|inexistant\w*|introuvables?|invalides?|erron[ée]\w*|incorrect\w*|n[' ]?exist\w* (?:\w+ ){0,2}?(?:pas|plus)|(?:n'|ne |n )(?:\S+ ){0,3}?(?:plus|pas) (?:\S+ ){0,3}?(?:valides?|trouv\w*|reconnu\w*|connu\w*|client\w*|abonn\w*|utilis\w*|en service|répertori\w*|attribu\w*|recens\w*|actifs?|actives?|list\w*|référenc\w*|dans|partie|travaill\w*|correspond\w*)|n'(?:est|sont) plus|ne (?:figure|correspond|travaill|fait|conna[iî])\w* (?:\w+ )?(?:pas|plus|à aucun\w*)|a quitté|ont quitté|supprim\w*|décéd\w*",
    r"desconocid\w*|no conocemos|inexistentes?|no (?:\S+ ){0,3}?(?:exist\w*|encontr\w*|válid\w*|registrad\w*|figura\w*|reconocid\w*|corresponde\w*|hallad\w*|localiz\w*|dad[oa] de alta|pertenece|conocid\w*)|ya no|incorrect[oa]s?|erróne\w*|inválid\w*|eliminad\w*|borrad\w*|dad[oa] de baja|se ha ido|ha dejado|sconosciut\w*|inesistent\w*|non (?:\S+ ){0,3}?(?:esist\w*|trovat\w*|valid\w*|riconosciut\w*|present[ei]|registrat\w*|corrispond\w*|conosciut\w*|più|risulta\w*)|errat[oaie]|cancellat[oaie]|eliminat[oaie]|cessat[oaie]",
    r"desconhecid\w*|n[aã]o (?:\S+ ){0,3}?(?:exist\w*|encontr\w*|válid\w*|localizad\w*|cadastrad\w*|regist[ar]d\w*|pertence\w*|reconhecid\w*|mais)|já n[aã]o|deixou de|excluíd\w*|removid\w*|incorret\w*|onbekend\w*|geen (?:\w+ )?(?:postvak|mailbox|gebruiker|account|adres|ontvanger)|best(?:aat|aan) (?:\S+ ){0,3}?(?:niet|meer)|(?<!nog )niet (?:\S+ ){0,3}?(?:bestaa\w*|bekend|gevonden|geldig|geregistreerd|langer|vinden|meer)|ongeldig\w*|onjuist\w*|verwijderd\w*|opgeheven|vertrokken|uit dienst|overleden",
    r"ingen (?:\w+ )?(?:användare|mottagare|brevlåda|adress|bruger|bruker|modtager|mottaker)|okänd\w*|ukendt\w*|ukjent\w*|(?:finns|finnes|findes|fins|finnst|eksisterer|existerar|hittades|fandtes|kändes) (?:\S+ ){0,3}?(?:inte|ikke|ej|ikkje)|(?:inte|ikke|ej|ikkje) (?:\S+ ){0,3}?(?:finns|finnes|findes|funnet|funnen|hitta\w*|fundet|finde|finne|existera\w*|eksister\w*|gyldig\w*|giltig\w*|längre|længere|lenger|registrer\w*|kjent|kendt|känd)|ogiltig\w*|ugyldig\w*|felaktig\w*|raderad\w*|raderats|borttagen|tagits bort|slettet|fjernet|slutat|sluttet|fratrådt|forkert\w*|tuntemat\w*|\bei (?:\S+ ){0,3}?(?:löydy\w*|löyty\w*|ole|olemassa|tunn\w*|kelpaa|enää)|virheelli\w*|poistettu|vääri?n\w*",
    r"nie (?:udało się|można) (?:\S+ ){0,2}?(?:od)?znale[zź]ć|nepodařilo se (?:\S+ ){0,2}?(?:najít|nalézt)|nepodarilo sa (?:\S+ ){0,2}?nájsť|nem sikerült (?:\S+ ){0,2}?megtalál\w*|nieznan\w*|nie (?:\S+ ){0,3}?(?:istniej\w*|znalezion\w*|odnalezion\w*|figuruje|rozpoznan\w*|znany|znana|pracuje)|nie ma|nieprawidłow\w*|błędn\w*|usunięt\w*|niewłaściw\w*|nieistniej\w*|neznám\w*|neexist\w*|nenalezen\w*|neb[yo]l\w* (?:\S+ ){0,2}?(?:nalezen\w*|nájden\w*)|nenájden\w*|nenašl\w*|nelze nalézt|neplatn\w*|chybn\w*|smazán\w*|zmazan\w*|nepracuj\w*|ismeretlen\w*|nem (?:\S+ ){0,2}?(?:létez\w*|található\w*|ismert|érvényes|dolgozik)|érvénytelen\w*|megszűnt\w*|töröl\w*|hibás|nincs (?:\S+ )?ilyen|necunoscut\w*|nu (?:\S+ ){0,3}?(?:exist\w*|găsit\w*|valid\w*|mai|cunoscut\w*)|șters\w*|nepoznat\w*|ne postoj\w*|ne obstaja\w*|nije (?:\S+ )?pronađen\w*|neznan\w*|nežinom\w*|nerast\w*|neegzist\w*|nezinām\w*|neeksist\w*|ei eksisteeri|tundmatu",
    r"не уда(?:лось|[её]тся) (?:\S+ ){0,2}?(?:найти|обнаружить|определить)|не вдалося (?:\S+ ){0,2}?знайти|неизвест\w*|не (?:\S+ ){0,3}?(?:существу\w*|найден\w*|зарегистр\w*|обнаруж\w*|действ\w*|числ\w*|значится|работает|съществува\w*|намерен\w*|знайден\w*|існу\w*|зареєстр\w*|постоји|пронађен\w*)|несуществ\w*|неверн\w*|недействит\w*|удал[её]н\w*|нет так\w+|так\w+ (?:\S+ ){1,2}нет|больше не|отсутств\w*|невідом\w*|неправильн\w*|непозн\w*|видален\w*|неіснуюч\w*|bilinm\w*|bulunam\w*|bulunmu\w*|bulunmam\w*|(?:mevcut|geçerli|kayıtlı) değil\w*|geçersiz\w*|yok(?:tur)?|tanınm\w*|silin\w*|hatalı|yanlış|άγνωστ\w*|δεν (?:\S+ ){0,2}?(?:υπάρχ\w*|βρέθηκ\w*|ισχύ\w*)|ανύπαρκτ\w*|μη έγκυρ\w*|không (?:\S+ )?(?:tồn tại|tìm thấy|hợp lệ|có)|tidak (?:\S+ )?(?:ada|ditemukan|dikenal|valid|terdaftar)",
    r"見つか(?:り|ら)|存在し|不明|無効|間違|誤り|誤って|使われてお|登録されてい|正しくあり|ありません|いません|廃止|削除|不存在|未找到|找不到|沒有找到|无效|無效|不正确|不正確|错误|錯誤|未知|查无|查無|无此|無此|不再|没有|沒有|존재하지|없습니다|없는|찾을 수|잘못|올바르지|알 수 없|유효하지|삭제|غير (?:موجود|معروف|صالح|صحيح)|لا (?:يوجد|توجد)|العثور|לא (?:קיי|נמצא|מוכר|ידוע|תקי)|ไม่(?:พบ|มี|ถูกต้อง|รู้จัก)",
)
"""It is not there."""

CLOSED: Final = (
    r"(?<!un)(?:disabled|deactivated|suspended|closed|inactive|dormant|cancell?ed|terminated|expired|parked|discontinued|retired|abandoned|barred|revoked|decommissioned|archived|unsubscribed)|switched off|turned off|shut down|shut off|not (?:\w+ )?activ(?:e|ated)|out of (?:use|service)|has lapsed|gesperrt\w*|deaktiviert\w*|geschlossen\w*|stillgelegt\w*|gekündigt\w*|inaktiv\w*|abgeschaltet\w*|abgelaufen\w*|abgemeldet|aufgehoben|nicht aktiv\w*|désactiv\w*|suspendu\w*|ferm[ée]e?s?|clos(?:es?)?|clôtur\w*|bloqu[ée]e?s?|résili\w*|inactifs?|inactives?|expir[ée]e?s?|verrouill\w*",
    r"canceló|cerró|dio de baja|des(?:h)?(?:activ|ativ|abilit)ad\w*|deshabilitad\w*|suspendid\w*|suspens[oa]s?|bloquead\w*|cerrad\w*|encerrad\w*|cancelad\w*|inactiv[oa]s?|inativ[oa]s?|caducad\w*|expirad\w*|inhabilitad\w*|disattivat\w*|disabilitat\w*|sospes[oaie]|bloccat\w*|chius[oaie]|inattiv\w*|scadut\w*|disdett\w*|geblokkeerd|gedeactiveerd|gesloten|opgezegd|inactief|uitgeschakeld|afgesloten|vervallen|niet actief",
    r"avstängd\w*|spärrad\w*|stängd\w*|stängt\w*|avslutat?d?\w*|avslutats|uppsagd\w*|inte aktiv\w*|luk(?:ket|kede)|spærret|sperret|deaktiver\w*|inaktiver\w*|stengt|nedlagt|op?psagt|opsagt|avsluttet|suspender\w*|suljettu\w*|lukittu|käytöstä|lakkautettu|zablokowan\w*|zamknięt\w*|nieaktywn\w*|wyłączon\w*|zawieszon\w*|wygas\w*|zlikwidowan\w*|zablok\w*|zrušen\w*|deaktivov\w*|uzavřen\w*|neaktivn\w*|neaktívn\w*|pozastaven\w*|vypnut\w*|letilt\w*|inaktív\w*|felfüggeszt\w*|lezár\w*|zárolt?\w*|megszüntet\w*|dezactivat\w*|suspendat\w*|închis\w*|blocat\w*|inactiv[ăa]?|non attiv[oaie]|(?:no|não) ativ[oa]s?|no activ[oa]s?|(?:non|pas) acti(?:fs?|ves?)|onemogućen\w*|ugašen\w*|isključen\w*|ukinut\w*",
    r"заблокир\w*|отключ[её]н\w*|закрыт\w*|деактив\w*|приостанов\w*|не ?актив\w*|заблокован\w*|закрит\w*|вимкнен\w*|відключен\w*|призупинен\w*|закрит[аи]?|kapat[ıi]l\w*|kapalı|askıya|devre dışı|pasif|dondurul\w*|απενεργοποι\w*|ανεσταλ\w*|vô hiệu|bị khóa|dinonaktifkan|ditutup|利用停止|停止され|停止中|無効|閉鎖|解約|停用|关闭|關閉|冻结|凍結|禁用|锁定|鎖定|注销|정지|중지|휴면|해지|폐쇄|비활성|معطل|مغلق|חסומ|מושבת|סגור",
)
"""It was there, and is closed."""

FULL: Final = (
    r"(?<!not )full|over ?quota|overflow\w*|filled up|100 ?(?:% \w+|percent)|(?:take|hold|accept|store|receive) (?:\w+ )?no more(?: \w+)?|no more (?:mail|messages?|space|room)|at capacity|\bvoll|keine?n? (?:freie\w* )?(?:platz|speicherplatz|kapazität)|übervoll|überfüllt|randvoll|pleines?|plein|satur[ée]\w*|rempli\w*|llen[oa]s?|satura\w*|replet[oa]|colmad[oa]|pien[oaie]|esaurit\w*|chei[oa]s?|lotad[oa]s?|\bvol|overvol|geen (?:vrije )?ruimte|ingen (?:ledig )?pla[dt]s\w*|ingen plass|aucune place|plus de place|fullt?|fulla|fuld\w{0,2}|fyldt|täynnä|täysi|\w{0,6}pełn\w*|zapełnion\w*|pln[áaýyéeoíi]|přeplněn\w*|zaplněn\w*|preplnen\w*|megtelt\w*|betelt\w*|\btele(?: van)?|plin[ăae]?|pun[aoi]?|täis|pilnas|pilna|переполнен\w*|заполнен\w*|\bполон|\bполна|переповнен\w*|заповнен\w*|пълна|dolu(?:dur)?|doldu\w*|dolmuş\w*|γεμάτ\w*|πλήρη?ς?|đầy|penuh",
    r"いっぱい|満杯|一杯|満了|已满|满了|已滿|滿了|已溢出|가득|꽉|ممتلئ|מלאה?|เต็ม",
)
"""It holds no more."""

OVER: Final = (
    r"exceed\w*|over (?:its|the|their|his|her|your|any) (?:\w+ ){0,3}(?:limit|size|allowance|allocation)|over (?:the )?limit|over its|above (?:its|the) (?:\w+ )?limit|(?:has|have|had) reached|used up|exhausted|ran out|run out|lack\w*|too (?:large|big|full)|überschritten|überschreit\w*|erschöpft|aufgebraucht|ausgeschöpft|verbraucht|dépass\w*|épuis\w*|insuffisant\w*|excéd\w*|atteinte?s?|superad\w*|excedid\w*|exced\w*|agotad\w*|sobrepas\w*|insuficiente\w*|ha alcanzado|superat\w*|esced\w*|insufficient\w*|raggiunt\w*|ultrapass\w*|esgotad\w*|atingi\w*|overschre\w*|overschrijd\w*|onvoldoende|överskr\w*|overskr\w*|otillräckl\w*|utilstrækkelig\w*|brugt op|nått|nådd|nået|used (?:all|up)|ylitt\w*|loppu\w*|przekrocz\w*|wyczerpan\w*|brak|překroč\w*|vyčerpán\w*|prekroč\w*|nedostat\w*|túllép\w*|kevés|depăși\w*|insuficient\w*|epuizat\w*|превы\w*|исчерпан\w*|закончил\w*|недостаточн\w*|перевищ\w*|вичерпан\w*|недостатн\w*|aşıl\w*|aştı|yetersiz\w*|υπέρβαση|vượt|melebihi",
    r"超えて|超過|不足|超出|超过|已用完|초과|부족",
)
"""It has passed what it may hold; of a person it says nothing."""

REFUSED: Final = (
    r"blocked|rejected|refused|denied|banned|barred|blocking|not (?:\w+ )?(?:allowed|accepted|permitted|authori[sz]ed|welcome|trusted|acceptable|in my|from)|poor|untrusted|deny|null mx|mismatch\w*|gesperrt|abgelehnt|blockiert|verweigert|zurückgewiesen|abgewiesen|nicht (?:\S+ )?(?:zugelassen|berechtigt|erlaubt|akzeptiert|überprüf\w*)|pas (?:autoris|accept|admis)\w*|refus\w*|bloqu\w*|rejet\w*|interdi\w*|non autoris\w*|vérifi\w*|rechazad\w*|deneg\w*|no (?:\S+ )?(?:permitid\w*|autorizad\w*)|bloccat\w*|rifiutat\w*|respint\w*|non (?:\S+ )?(?:autorizzat\w*|consentit\w*|ammess\w*)|rejeitad\w*|recusad\w*|n[aã]o (?:\S+ )?(?:autorizad\w*|permitid\w*)|geweigerd|geblokkeerd|niet (?:\S+ )?(?:toegestaan|toegelaten)|avvisa\w*|nekad\w*|blockera\w*|spärrad\w*|blokeret|blokkert|avvist|afvist|inte (?:\S+ )?tillåt\w*|ikke (?:\S+ )?tillad\w*|ikke (?:\S+ )?tillatt|estetty|hylätty|zablokowan\w*|odrzucon\w*|odmítnut\w*|zablokov\w*|blokov\w*|elutasít\w*|letilt\w*|tilt\w*|respins\w*|blocat\w*|заблокир\w*|блокир\w*|отклон\w*|запрещ\w*|отверг\w*|заборонен\w*|відхилен\w*|заблокован\w*|engellen\w*|reddedil\w*|απορρίφθηκ\w*",
    r"拒否|拒绝|拒絕|禁止|차단|거부|屏蔽|封锁",
)
"""Nobody wants it."""

LISTED: Final = (
    r"(?:block|deny|denied|reject|drop|ban|bad|spam|kill|sperr|black|blocking|abuse)[- ]?list\w*|(?:block|deny|black|ban)listed|list of (?:blocked|banned|bad|denied|spamm\w*)|schwarze\w* liste\w*|listes? noires?|listes? de (?:blocage|rejet)|listas? negras?|lista nera|liste nere|listas? de bloqueio|listas? de bloqueo|lista di blocco|zwarte lijst|blokkeerlijst|blokkadelijst|svartlist\w*|sortlist\w*|svart ?list\w*|spärrlist\w*|sperreliste\w*|blokeringslist\w*|estolista\w*|musta\w* lista\w*|czarn\w* liś?\w*|liście blokad\w*|čern\w* listin\w*|čiern\w* listin\w*|fekete ?list\w*|tiltólist\w*|lista neagră|crn\w* list\w*|ч[её]рн\w* спис\w*|чорн\w* спис\w*|список блок\w*|kara liste\w*|μαύρη λίστα|danh sách đen|daftar hitam",
    r"ブラックリスト|拒否リスト|黑名单|黑名單|블랙리스트|القائمة السوداء|רשימה שחורה",
)
"""It is on a list of those whose mail nobody wants."""

TAKEN_FOR: Final = r"classif\w*|identified|detected|considered|regarded|rated|flagged|recogni[sz]ed|treated|seen as|looks? like|judged|categori[sz]ed|eingestuft|erkannt|bewertet|angesehen|klassifiziert|considér\w*|identifié\w*|class[ée]\w*|clasificad\w*|considerad\w*|identificad\w*|catalogad\w*|detectad\w*|classificat\w*|riconosciut\w*|identificat\w*|considerat\w*|ritenut\w*|aangemerkt|herkend|beschouwd|klass\w*|bedöm\w*|betrakta\w*|vurder\w*|opfatte\w*|luokitel\w*|tunniste\w*|uznan\w*|rozpoznan\w*|zaklasyfikow\w*|sklasyfikow\w*|označen\w*|vyhodnocen\w*|minősít\w*|классифиц\w*|распозна\w*|расцен\w*|признан\w*|визнан\w*|olarak|判定|判断|认定|識別|识别|분류|판단"
"""It was taken for something."""

ADVERTISING: Final = r"spam\w*|advert\w*|bulk|junk|unwanted|unsolicited|commercial|marketing|suspicious|malicious|harmful|dangerous|phishing|scam|fraud\w*|werbung|werbe\w*|unerwünscht\w*|verdächtig\w*|gefährlich\w*|publicit\w*|publicidad\w*|publicitari\w*|pourriel\w*|indésirable\w*|suspect\w*|basura|no deseado\w*|sospechos\w*|pubblicit\w*|indesiderat\w*|sospett\w*|indesejad\w*|suspeit\w*|lixo|reclame|ongewenst\w*|verdacht\w*|reklam\w*|skräp\w*|oönska\w*|uønske\w*|uønsket|søppel\w*|mainos\w*|roska\w*|niechcian\w*|podejrzan\w*|nevyžádan\w*|podezřel\w*|kéretlen\w*|reklám\w*|nedorit\w*|спам\w*|реклам\w*|подозрит\w*|нежелат\w*|небажан\w*|istenmeyen|スパム|迷惑|広告|垃圾|广告|廣告|스팸|광고"
"""What nobody wants."""

PERHAPS: Final = r"\b(?:if|whether|in case|may|might|maybe|perhaps|possibly|probably|check|make sure|ensure|verify that|ob|falls|prüfen|überprüfen|vielleicht|möglicherweise|si|vérifie\w*|peut-être|pourrait|verifi\w*|comprueb\w*|controll\w*|puede que|quizás|forse|potrebbe|talvez|controleer|mogelijk|kontroller\w*|kanske|måske|kanskje|sprawdź|zkontroluj\w*|ellenőrizze|verificați|проверьте|возможно|перевірте)\b"
"""What comes after it is a guess, or advice."""

FOR_NOW: Final = r"\b(?:temporar\w*|try (?:\w+ ){0,2}(?:again )?later|for now|at the moment|at this time|in progress|momentarily|vorübergehend|zeitweilig|derzeit|später|momentan|temporaire\w*|provisoire\w*|momentané\w*|plus tard|pour le moment|temporal\w*|provisional\w*|más tarde|por el momento|de momento|temporári\w*|temporari\w*|mais tarde|no momento|temporane\w*|momentane\w*|più tardi|al momento|tijdelijk\w*|later opnieuw|op dit moment|tillfällig\w*|midlertidig\w*|senare|senere|väliaikai\w*|myöhemmin|tymczasow\w*|chwilowo|później|dočasn\w*|později|ideiglenes\w*|átmeneti\w*|később|temporar\w*|mai târziu|временно\w*|позже|тимчасов\w*|пізніше|geçici\w*|daha sonra|προσωριν\w*|αργότερα)\b|一時的|しばらく|後ほど|暂时|暫時|稍后|稍後|일시적|나중에|잠시"
"""It is so for a time."""
