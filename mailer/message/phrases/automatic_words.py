"""The words by which machines give themselves away where no header field does."""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

from mailer.domain.text.cues import Cues

_REPLY_MARKS: Final = r"^\s*(?:(?:re|aw|sv|antw|vs|tr|odp|rv|res|r|ref|回复|答复|返信|回覆|fw|fwd|wg)\s?(?:\[\d+\])?\s?[:：]\s*){0,3}"
"""Some autoresponders put their words after a `Re:`."""

ABSENT_SUBJECT: Final = Cues(
    r"^\s*(?:\W{0,3})(?:"
    r"auto(?:matic|mated|matische?|matica|matisk|mática|matique|maattinen)?[ -]?(?:re(?:ply|sponse|sponder)|reply|respon\w+|antwort\w*|svar|vastaus|answer|acknowledg\w+|odpowied\w+|respuesta|resposta|risposta|réponse|message|notification|\s?:)"
    r"|autoreply|auto:|autosvar|automaattinen|automatisch\w* (?:antwo\w+|beantwo\w+)|automatisk\w* \w*svar|automatick[áaé] odpov|automatyczna odpow|out[ -]of[ -](?:the[ -])?office|ooo\b|oof\b|away from (?:the |my )?(?:office|mail|desk|email)|i'?m (?:away|out|on)|on (?:vacation|holiday|leave|annual leave|maternity|parental|sabbatical)|vacation\b|annual leave|maternity leave|not in the office|absence\b|absent\b|currently (?:out|away)|on leave"
    r"|abwesenheit\w*|abwesend|ich bin (?:nicht|im urlaub|abwesend)|außer haus|nicht im (?:büro|haus)|urlaub\b|afwezig\w*|niet aanwezig|absence du bureau|réponse automatique|message (?:automatique|d'absence)|notification d'absence|absente?\b|en congés?|hors du bureau|absence"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|ausente|ausencia|de vacaciones|resposta autom[aá]tica|fora do escrit[oó]rio|aus[eê]ncia|em f[eé]rias|risposta automatica|fuori (?:ufficio|sede)|assente|assenza|in ferie|risponditore"
    r"|frånvaro\w*|frånvarande|autosvar|fravær\w*|fraværende|ikke (?:på|til) (?:kontor|stede)|ferie\b|poissa\w*|poissaolo\w*|lomalla|nieobecno\S*|poza biurem|urlop\b|nepřítomn\S*|mimo kancelář|dovolen\S*|szabads[aá]g\w*|automatikus v[aá]lasz|távollét\w*|răspuns automat|absen[tț]ă|αυτόματη απάντηση|εκτός γραφείου|απουσία"
    r"|автоответ\S*|автоматический ответ|отсутств\S*|вне офиса|в отпуске|автовідповідь|otomatik (?:yanıt|cevap)|ofis dışında|izinde"
    r"|自動(?:返信|応答|回答)|不在(?:通知|の|連絡)?|休暇|自动(?:回复|答复|回覆)|自動(?:回覆|回復|答覆)|外出|休假|不在办公室|자동[ ]?(?:회신|응답|답장)|부재중?|휴가|رد تلقائي|الرد التلقائي|خارج المكتب|تلقائي|תשובה אוטומטית|מענה אוטומטי|מחוץ למשרד|trả lời tự động|balasan otomatis"
    r"|allan o'?r swyddfa|ddim yn y swyddfa|ar wyliau|as an oifig|ar saoire|bulegotik kanpo|oporretan|fora de l'oficina|fóra da oficina|barra mill-uffiċċju|bil-leave|nje ya ofisi|niko likizo|buite kantoor|afwesig|met verlof|fjarvera\w*|í fríi|jashtë zyr\w+|mungesë|odsut\w+|odsot\w+|(?:iz)?van (?:ureda|kancelarije)|godišnji odmor|izven pisarne|ne biure|nesu biure|atostog\w+|ārpus biroja|atvaļinājum\w*|prombūtne|puhkusel|kontorist väljas|mimo kancelárie|neprítomn\w*|házon kívül|irodán kívül|în afara birou\w*|concediu|di luar (?:kantor|pejabat)|(?:sedang )?cuti\b|bercuti|vắng mặt|nghỉ phép|wala sa opisina"
    r"|одсуство|ван канцеларије|отсуство|надвор од канцеларија|извън офиса|відпустка|у відпустці|поза офісом|па-за офісам|ไม่อยู่ที่สำนักงาน|ลาพักร้อน|कार्यालय से बाहर|अवकाश|خارج از دفتر|مرخصی"
    r")",
    ignore_case=True,
)
"""Subjects of absence notes; after `Re:` they are a person's."""

MACHINE_SUBJECT: Final = Cues(
    r"^\W{0,3}(?:(?:auto(?:matic|mated|mat\w*)?[ -]?(?:re(?:ply|sponse|sponder)|respon\w+|antw\w*|svar|vastaus)|autoreply)\b(?! (?:settings?|problem|question|function|feature|error|loop|in|is|was|does|not|messages?\b.{0,20}\?))|auto:|out of (?:the )?office(?:\s*(?:auto)?reply|\s*message|\s*response|\s*notification)?\s*(?:[:(-]|$)|automaattinen|automatisch\w* |automatisk\w* |automatick\w+ |automatyczna |automatikus |răspuns automat|abwesenheits\w+|abwesenheit:|réponse automatique|absence du bureau|message d'absence|notification d'absence|respuesta autom|resposta autom|risposta autom|fuera de (?:la )?oficina\s*(?::|$)|frånvaro\w*\s*(?::|$)|fraværs\w+|poissaolo\w*|nieobecność\s*(?::|$)|автоответ|автоматический ответ|автовідповідь|otomatik (?:yanıt|cevap)|αυτόματη απάντηση|自動(?:返信|応答|回答|回覆|回復|答覆)|自动(?:回复|答复|回覆)|不在通知|자동 ?(?:회신|응답|답장)|부재중 (?:자동|회신)|رد تلقائي|الرد التلقائي|תשובה אוטומטית|מענה אוטומטי|trả lời tự động|balasan otomatis|پاسخ خودکار|स्वचालित|ตอบกลับอัตโนมัติ|sjálfvirkt svar|samodejni odgovor|automatski odgovor|odpowied\w* automat\w*|autoodpowied\w*|automaatvastus|automatinis atsakymas|automātiskā atbilde|erantzun automatikoa|resposta automàtica|автоматична відповідь|автоматичен отговор|аутоматски одговор|автоматски одговор|jawapan automatik|outomatiese antwoord|ateb awtomatig|jibu la (?:kiotomatiki|moja kwa moja)|freagra uathoibríoch|(?:risposta|tweġiba) awtomatika|përgjigje automatike|awtomatikong tugon|avtomatik (?:cavab|javob)|automatesch äntwert|sjálvvirkandi svar|автоматты жауап|автомат хариу|аўтаматычны адказ|স্বয়ংক্রিয় (?:উত্তর|জবাব|প্রতিক্রিয়া)|خودکار جواب|ავტომატური პასუხი|ինքնաշխատ պատասխան|ራስ-ሰር ምላሽ|தானியங்கு பதில்)",
    ignore_case=True,
)
"""Subjects that only machines write."""

LABELLED_ABSENT: Final = Cues(
    r"^\W{0,3}(?:fora do escrit[oó]rio|fuori (?:ufficio|sede)|afwezig|absente?(?:\(e\))?|ausente|assente|poissa|fraværende|frånvarande|nieobecn\w*|nepřítomn\w*|abwesend|вне офиса|нет на месте|отсутству\w+|ofis dışında|εκτός γραφείου|в отпуске|în concediu|na dovolen\w*|szabadságon)\s?[:：]",
    ignore_case=True,
)
"""Subjects that hardly anybody but a machine writes, before the one that it answers."""

MACHINE_REMARK: Final = Cues(
    r"[\[(]\s*auto(?:mat\w*)?[ -]?(?:re(?:ply|sponse|sponder)|antwort|respuesta|réponse)[^\])]{0,40}[\])]|\bis (?:currently )?out of (?:the )?office\b|\bist (?:\S+ ){0,4}(?:außer haus|nicht im (?:büro|haus)|abwesend|im urlaub)|\best (?:\S+ ){0,2}absente? (?:du bureau|jusqu)|\bestá (?:\S+ ){0,2}fuera de la oficina|\bè (?:\S+ ){0,2}fuori (?:ufficio|sede)|\bis (?:\S+ ){0,2}(?:away from (?:the )?(?:office|mail|desk)|on (?:annual |maternity |parental |sick )?leave (?:until|till|from))|^\W{0,3}(?:out of (?:the )?office|away|abwesen\w*|absence|absent|absente|ausente|fuera|frånvar\w*|fravær\w*|afwezig)\b.{0,60}\b(?:re|aw|sv|antw)\s?:",
    ignore_case=True,
)
"""What machines add anywhere in a subject."""

ACKNOWLEDGED_SUBJECT: Final = Cues(
    _REPLY_MARKS
    + r"\W{0,3}(?:(?:auto|automatic)?\W?acknowledg\w+|(?:we (?:have )?|your (?:e?mail|message|request|enquiry|inquiry|ticket|case) (?:has been |was )?|message |e?mail |ticket |request )(?:received|created|opened|logged|acknowledg\w+)|thank(?:s| you) for (?:contacting|your (?:e?-?mail|message|enquiry|inquiry|request|interest))|(?:ticket|case|request|support)\s?(?:number|id|ref\w*|#)?\W{0,4}\d{3,}.{0,40}(?:received|created|opened|registered)|\[(?:ticket|case|request)[ #:-]*[\w-]+\].{0,120}(?:received|created|opened)|eingangsbestätigung|empfangsbestätigung|ihre (?:nachricht|anfrage|e-?mail)|accusé de (?:réception|r[eé]c)|acuse de recibo|confirma(?:ción|ção) de rece|conferma di ricezione|ontvangstbevestiging|mottagningsbekräft|bekreftelse|potwierdzenie otrzym|vi har (?:mottagit|modtaget|mottatt)|recebemos (?:a )?(?:sua|seu)|abbiamo ricevuto (?:il|la)|hemos recibido (?:su|tu)|nous avons (?:bien )?reçu|wir haben ihre|ваш\w* (?:обращени|запрос|заявк|сообщени)\w*.{0,30}(?:зарегистр|принят|получен)\w*|受付(?:完了|確認)|お問い合わせ(?:を|あり|受付)|ticket received)",
    ignore_case=True,
)
"""Subjects of acknowledgements."""

ADDRESS_SUBJECT: Final = Cues(
    _REPLY_MARKS
    + r"\W{0,3}(?:address (?:no longer|change)|(?:no longer|change of) (?:e?-?mail )?(?:address|with|at|in use)|new (?:e-?mail )?address)",
    ignore_case=True,
)
"""Subjects of notes that an address is another, or is not used; people write them, too."""

GROUP_NOTICE: Final = Cues(
    r"\bgroup\b.{0,120}\b(?:may|might|does) not exist\b.{0,60}\b(?:permission to|may not|not allowed to) (?:post|send|publish)",
    r"\bgroupe\b.{0,160}\bn'existe\b.{0,80}\b(?:publier|poster|envoyer)\b",
    r"\bgruppe\b.{0,120}(?:möglicherweise nicht|existiert nicht|nicht existiert)\b.{0,80}\bberechtigt",
    r"\bgrupo\b.{0,160}\b(?:no exista|no existe|pode não existir|não exist[ae])\b.{0,80}\b(?:publicar|enviar|postar)\b",
    r"\bgruppo\b.{0,120}\bnon (?:esistere|esist[ea])\b.{0,80}\b(?:pubblicare|inviare)\b",
    r"\bgroep\b.{0,120}\bbestaat (?:\S+ )?niet\b.{0,80}\b(?:plaatsen|verzenden|sturen|posten)\b",
    r"\bgrupa\b.{0,120}\bnie istnie\w+.{0,80}\b(?:publikow|wysył)\w+",
    r"\bгруппа\b.{0,120}\bне существу\w+.{0,80}(?:публик|отправ)\w+",
    r"\bgrup\b.{0,120}\bmevcut (?:değil|olmayabilir).{0,80}\bgönder\w+",
    r"グループ.{0,60}存在しない.{0,40}投稿|群组.{0,60}不存在.{0,40}(?:发帖|发布)|群組.{0,60}不存在.{0,40}(?:張貼|發布)|그룹.{0,60}존재하지 않.{0,40}게시",
    ignore_case=True,
)
"""What a service for groups says to whoever may not write to one, or to one that is gone."""

MACHINE_TEXT: Final = Cues(
    r"(?:this is an? (?:automated|automatic|auto[- ]?(?:generated|matically|response|reply)|automatically[- ]generated|system[- ]generated|computer[- ]generated) ?(?:\w+ ){0,2}(?:e?-?mail|message|repl|response|notif|acknowl|generated)?|(?:auto[- ]?reply|auto[- ]?response|automatic (?:reply|response)|automated (?:reply|response|message|e-?mail)|automatic message)\b|do not (?:reply|respond) (?:to|directly)|(?:my|this|the) (?:e-?mail )?(?:mailbox|inbox|account) is (?:not|no longer) (?:being )?(?:monitored|read|checked|in use)|this mailbox is (?:not|no longer|un)|this (?:e-?mail )?(?:address|account|mailbox|inbox) (?:is |has been |will be )?(?:no longer|not monitored|unmonitored|not being|closed|discontinued|not in use|inactive)|(?:your|the) (?:message|e-?mail|request|enquiry|inquiry|ticket|case) (?:\W?\S+ ){0,6}(?:has been|was) (?:successfully )?(?:received|created|logged|registered|assigned|opened|forwarded)|we have received your (?:e?-?mail|message|request|enquiry|inquiry|query)|a (?:new )?(?:ticket|case|request) (?:\S+ ){0,5}(?:has been|was) (?:created|opened|logged|raised)|ticket (?:number|id)\b|will (?:get back|respond|reply) to you (?:within|as soon|shortly)"
    r"|diese (?:nachricht|e-?mail) wurde automatisch|dies ist eine automatisch|automatisch (?:generiert|erstellt|erzeugt|versand)|automatische (?:antwort|nachricht|e-?mail)|ceci est un (?:message|courriel|e-?mail|mail|réponse) (?:automatique|généré)|(?:message|courriel|réponse) (?:envoyé |généré )?automati(?:que|sé)|cette adresse (?:e-?mail |électronique )?(?:n'est|ne sera|n’est)|este es un (?:mensaje|correo)(?: \w+)? (?:autom|generado)|(?:mensaje|respuesta|correo) (?:generad[oa] )?autom[aá]tic|esta (?:direcci[oó]n|cuenta) (?:de correo )?(?:ya no|no est)|resposta autom[aá]tica|mensagem autom[aá]tica|(?:messaggio|risposta|e-?mail) (?:generat[oa] )?automatic|automatisch (?:bericht|antwoord|gegenereerd)|automatiskt (?:svar|meddelande|genererat)|automatisk (?:svar|generert|genereret)|automaattinen (?:viesti|vastaus)|wiadomość (?:została )?(?:wygenerowana )?automatycz|automatick\w+ (?:odpov|zpráv|generov)|автоматическ\w+ (?:ответ|сообщен|письмо|уведомл)|это автоматич|это письмо (?:сформировано|создано|отправлено) автоматич|自動(?:返信|送信|配信|応答)|自动(?:回复|发送|生成)|自動(?:回覆|發送)|자동(?:으로| ?회신| ?응답| ?발송)|otomatik (?:olarak|yanıt|cevap)|αυτόματ\w+ (?:απάντηση|μήνυμα)|رسالة (?:تلقائية|آلية)|הודעה אוטומטית)",
    ignore_case=True,
)
"""What a machine says of itself, or of what it did."""

ABSENT_TEXT: Final = Cues(
    r"(?:\b(?:i am|i'm|i will be|i'll be|i have been|i shall be|we are|our offices? (?:is|are|will be)|the office is|is) (?:currently |presently |now |also |away |travel+ing |going to be )*(?:out of (?:the )?office|out of the country|on (?:\w+ )?(?:leave|vacation|holidays?|sabbatical|a business trip|travel|mission|pto)|away (?:from|on|until|and)|not in the office|absent|traveling|travelling|closed|on holiday|in a meeting|unavailable|out of town|out until|back in the office|out on)|(?:limited|no|intermittent|sporadic|infrequent|restricted) (?:or no )?access to (?:my )?(?:e-?mail|the internet|internet)|will be (?:back|returning|out)|(?:i will|i'll|i shall) (?:return|be back|reply|respond|answer|get back to you|reply to|read) (?:your |to |you |on |in |when |upon |as soon|after |my )|(?:no longer|not longer) (?:work|employ|with|at|in use|a member|available at|monitor|being used|valid|active)|has left (?:the|our|us)|(?:my|our|new) (?:new )?e-?mail (?:address )?(?:is|has changed)|in urgent (?:cases|matters)|for urgent (?:matters|issues|requests|assist\w*)|if (?:this|it|your (?:message|e-?mail|request)) is urgent|in case of (?:urgency|emergency)|during my absence"
    r"|ich bin (?:\S+ ){0,8}(?:nicht (?:im (?:büro|haus)|erreichbar|da)|abwesend|im urlaub|außer haus|wieder)|nicht im büro|bin ich (?:\S+ ){0,5}(?:abwesend|im urlaub|nicht)|in dringenden fällen|ihre (?:e-?mail|nachricht) wird nicht (?:weitergeleitet|gelesen)|e-mails werden nicht (?:weitergeleitet|gelesen)|nicht mehr (?:für|bei|gültig|aktiv|in verwendung|im unternehmen)"
    r"|je (?:suis|serai) (?:\S+ ){0,5}(?:absente?|en (?:congés?|vacances|mission|déplacement|formation)|hors|de retour|indisponible)|actuellement (?:absente?|en congé|indisponible)|en cas d'urgence|pendant mon absence|n'est plus (?:utilisée?|valide|en service|active|consultée?)|ne (?:travaille|fait) plus"
    r"|(?:estoy|estaré|me encuentro|me encontrar[eé]) (?:\S+ ){0,5}(?:fuera|ausente|de vacaciones|de viaje|de licencia|de baja)|fuera de la oficina|durante mi ausencia|en caso de urgencia|ya no (?:trabaja|está|se utiliza|es válid)|(?:estou|estarei|encontro-me) (?:\S+ ){0,5}(?:fora|ausente|de f[eé]rias|em f[eé]rias|de licen)|fora do escrit|já não (?:trabalha|está)|não trabalha mais"
    r"|(?:sono|sarò|saro) (?:\S+ ){0,5}(?:assente|fuori|in ferie|in viaggio|in congedo)|in caso di urgenza|sarò di ritorno|ik ben (?:\S+ ){0,6}(?:afwezig|niet (?:aanwezig|op kantoor|bereikbaar)|met vakantie|op vakantie|met verlof)|jag är (?:\S+ ){0,6}(?:borta|på semester|ledig|tjänstledig|inte på|frånvarande|föräldraledig|åter)|jeg er (?:\S+ ){0,6}(?:fraværende|på ferie|bortreist|ikke (?:på|til)|ude af|på kurs|tilbage|ute)|olen (?:\S+ ){0,5}(?:lomalla|poissa|matkoilla|vapaalla|virkavapaalla)|(?:jestem|będę) (?:\S+ ){0,5}(?:na urlopie|nieobecn|poza biurem|dostępn)|przebywam|(?:jsem|budu) (?:\S+ ){0,5}(?:na dovolen|mimo kancel|nepřítom)|(?:nem vagyok|szabadságon|házon kívül)"
    r"|(?:я|меня|нахожусь|буду) (?:\S+ ){0,6}(?:в отпуске|отсутств|вне офиса|в командировке|не в офисе|не будет)|нахожусь в (?:отпуске|командировке)|больше не (?:работает|использу|действ)|ofis dışında(?:yım)?|izindeyim|tatildeyim|yıllık izin|yokluğumda|(?:απουσιάζω|εκτός γραφείου|σε άδεια|θα λείπω|λείπω)|不在にして|休暇(?:を|中)|休んで|出張(?:中|の)|不在(?:の|で|と)|外出(?:中|しております)|出差|休假|度假|不在办公室|不在辦公室|请假|請假|부재중|휴가 ?중|휴가로|출장 ?중|자리를 비|خارج المكتب|في إجازة|إجازة|מחוץ למשרד|בחופשה|לא אהיה)",
    ignore_case=True,
)
"""What notes of absence and of departure say near their beginning."""

CHALLENGE_TEXT: Final = Cues(
    r"(?:(?:confirm|prove|verify|show|validate|authenticate) (?:that )?(?:you(?:'re| are) (?:a |not a |the |really )?(?:human|real|person|spam|robot|legitimate|genuine|valid|actual|sender)|your (?:e-?mail )?(?:address|identity|message)(?: and | to |,| so | in order | by | before | was| is| that)(?!.{0,30}subscri))|(?:your |this |the )?(?:message|e-?mail|mail) (?:\S+ ){0,10}(?:is being |has been |was |is |will be |being )(?:held|quarantined|queued|kept|placed|blocked|on hold)(?: \S+){0,6} (?:until|pending|awaiting|for (?:your )?(?:confirmation|verification|approval)|for this one|unless|because (?:you|your)|since)|(?:held|waiting|pending) (?:\S+ ){0,3}(?:until|for|your) (?:you |your |sender |we |the )?(?:\S+ ){0,3}(?:confirm|verif|authenticat|approv|valid|complete)|challenge[- ]response|(?:one[- ]time|sender) (?:verification|confirmation|authori[sz]ation|authentication)|(?:add(?:ed)?|join) (?:\S+ ){0,6}(?:white ?list|allowed senders|approved senders|safe senders|guest list|list of (?:approved|allowed|known))|click (?:\S+ ){0,8}(?:to )?(?:release|deliver) (?:your|this|the) (?:message|e-?mail|mail)|(?<!automated )(?<!automatic )(?<!auto-)(?<!auto )(?:reply|respond|answer|click|visit|follow|go to)\b.{0,100}(?:to (?:have|get|let|allow|ensure|be sure|make sure|confirm|prove|complete|release)|so that|and) (?:your |this |that |the |delivery )?(?:\S+ ){0,3}(?:message|e-?mail|mail|deliver\w*)\b.{0,40}(?:deliver|release|accept|confirm|goes|through|inbox|reach|human|person)|spam ?arrest|boxtrapper|tmda|sender ?verif|spamblocker|uol antispam|mailblocks|antispam uol|choicemail|qurb\b|active spam killer|please (?:confirm|verify) your (?:message|mail|e-?mail) (?:to|by|so)|only accepts? (?:mail|e-?mail|messages) from (?:known|confirmed|verified|approved|people (?:that )?(?:i|he|she) know)|bestätig\w+ sie (?:\S+ ){0,6}(?:kein spam|mensch|absender)|confirmez (?:que vous (?:êtes|n'êtes)|votre (?:message|envoi|identité))|authentifi\S+ (?:\S+ ){0,4}(?:expéditeur|message)|mailinblack|confirme (?:que (?:es|você)|sua mensagem|seu e-?mail|su mensaje)|подтвердите,? (?:что вы|отправку|ваш|письмо))",
    ignore_case=True,
)
"""What machines say that let only mail through whose sender answers."""

CHALLENGE_SUBJECT: Final = Cues(
    r"please (?:confirm|verify) (?:your |the )?(?:message|mail|e-?mail|sender|that you|you are)|(?:confirm|verify) (?:that )?you(?:'re| are) (?:a )?(?:human|person|real|not)|sender (?:verification|confirmation|validation|authenti\w+|address verification)|verification (?:required|request|needed)|challenge|(?:your )?(?:e?-?mail|message)[^.]{0,40}requires? (?:verification|confirmation|authoriz\w+|approval)|your (?:message|e?-?mail) (?:\S+ ){0,6}(?:is|being|was|has been) (?:held|on hold|waiting|awaiting)|action required to deliver|\(verify\)|confirm (?:\S+ ){0,2}delivery|authorization required|vérification de (?:l'expéditeur|votre)|demande d'authentification|\[?spamarrest|\bbox ?trapper|unconfirmed: ?|e-?mail confirmation request|antispam uol",
    ignore_case=True,
)

MACHINE_SELF: Final = Cues(
    r"(?:ha|have|ha?s) reached an? (?:account|address|mailbox|number)|vous avez écrit à une adresse|受信専用|送信専用|系统(?:邮箱|邮件)|请勿(?:直接)?回复|this (?:is|e?-?mail|message|repl\w+|response) (?:an? |was |is |has been )*(?:system[- ]|computer[- ])?(?:auto|generated)|do(?: not|n't) (?:reply|respond)|(?:your|the) (?:ticket|case) (?:number|id|has|was|is)|a (?:new )?(?:ticket|case) (?:\S+ ){0,3}(?:has|was)|ticket (?:number|id)?\W{0,3}\d|automatisch (?:generiert|erstellt|erzeugt|versand|verzonden)|(?:message|courriel|réponse) automatique|(?:mensaje|correo|respuesta) autom|(?:mensagem|resposta) autom|(?:messaggio|risposta) automatic|сформировано|автоматическ|自動(?:返信|送信|配信|応答)|自动|자동",
    ignore_case=True,
)
"""What only a machine says of itself; a person may write about automatic answers."""

_PROVE: Final = (
    r"\b(?:confirm|verify|authenticate|validate|prove|captcha|type the (?:characters|letters|code))\b|please (?:just |simply )?(?:answer|reply to|respond to) this (?:e?-?mail|message)|click (?:here|on|the|this)",
    r"authentifi\w*|(?:confirm|valid)(?:er|ez) (?:que vous|votre (?:identité|message|envoi|adresse))|cliqu(?:er|ez|ant)",
    r"bestätigen(?:,| sie)|klicken sie|anklicken|(?:confirme|confirmar|confirmando|verifique|pulse|pulsando|haga clic|haciendo clic|clique|clicando|verifica)\b|conferm(?:a|i|are|ate)\b|clicc\w+",
    r"bevestig\w*|klik(?:ken)?\b|bekräfta|klicka|bekræft|bekreft|klikk\w*|vahvista|potwierd\w+|kliknij|potvrď|klikn\w+|подтверд\w+|перейдите|нажмите|підтверд\w+|確認して|クリック|点击|點擊|确认您|확인해|클릭|onayla|tıklay",
)
_HELD: Final = (
    r"\b(?:held|on hold|quarantined?|awaiting|waiting|pending)\b|(?:will )?(?:then )?be (?:delivered|released)",
    r"(?:message|courriel|mail|envoi) (?:\S+ ){0,6}(?:en attente|retenu|bloqué|en quarantaine)|pour que (?:votre|ce|le) (?:\S+ ){0,2}(?:message|courriel|mail)|(?:me|lui|nous|soit|être) (?:parvienne|parvenir|remis|délivré|distribué|transmis)",
    r"(?:not|noch nicht|pas encore (?:été )?|aún no (?:se )?(?:ha )?(?:sido )?|todavía no (?:se )?(?:ha )?(?:sido )?|ainda não foi|non è (?:stato )?ancora (?:stato )?|nog niet|ännu inte|endnu ikke|jeszcze nie (?:została )?|ещ[её] не) ?(?:yet )?(?:been )?(?:delivered|zugestellt|remis|distribué|délivré|entregad\w|entregue|consegnat\w|bezorgd|afgeleverd|levererat|leveret|dostarczon\w|доставлен\w)|zurückgehalten|zurückgestellt|in (?:die )?quarantäne|(?:danach|dann|damit|sobald|anschließend) (?:wird )?(?:ihre|diese|die) (?:\S+ ){0,2}(?:nachricht|e-?mail)|zugestellt werden",
    r"retenid[oa]|ret[ií]d[ao]|en espera|em espera|(?:en|em|in) (?:cuarentena|quarentena|quarantena|attesa)|para que (?:\S+ ){0,4}(?:sea |seja )?(?:entreg|recib|llegue|chegue)|trattenut|affinché (?:\S+ ){0,4}(?:consegn|recapit|arriv)|vastgehouden|quarantaine|hålls kvar|holdes tilbage|zatrzyman|pozdržen",
    r"задержан|карантин|ожидает|чтобы (?:ваше |это )?(?:письмо|сообщение)|доставлен[оа]? (?:адресату|получателю)|затриман|保留され|届けるには|保留|拦截|待确认|보류|bekletil",
)
_WHY: Final = (
    r"\bhuman\b|real person|you are a person|white ?list|(?:allowed|approved|known|unknown) senders?|\bjunk\b",
    r"anti-?spam|\bspam|indésirable|unerwünscht|no deseado|indesejad|indesiderat|ongewenst|oönskad|uønsket|niechcian|спам|迷惑|垃圾|스팸|robot|робот|(?:être|ser) humain|humano|mensch\b|umano|человек|(?:qu'|une )(?:une )?(?:seule )?fois|nur einmal|einmalig|(?:only|just) (?:have to |need to )?(?:do (?:this|it) )?once|una (?:sola|única) vez|uma única vez|una sola volta|один раз|eenmalig|expéditeurs? (?:inconnu|autoris)|unbekannte\w* absender|remitente desconocid|remetente desconhecid",
)
CHALLENGE_SIGNS: Final = tuple(Cues(*words, ignore_case=True) for words in (_PROVE, _HELD, _WHY))
"""What the sender is to do, what is held until then, and why."""
WAY_THROUGH: Final = re.compile(
    r"https?:|\b(?:reply|answer|respond) (?:to )?(?:this|the)|\breply\b", re.IGNORECASE
)
"""By what the sender does it."""

OWN_MESSAGE: Final = re.compile(
    r"\b(?:my|our) (?:e-?mail|mail|message)s? (?:was|were|is|are|to|has|had|did|never|of|about)\b|\bmein\w* (?:nachricht|e-?mail)|"
    r"\bm(?:on|es) (?:messages?|courriels?)|\bmis? (?:mensajes?|correos?)",
    re.IGNORECASE,
)
"""A person tells of mail that was held."""

HELD_BACK: Final = Cues(
    r"\b(?:retenid[oa]|retenue?|trattenut[oa]|retid[oa]|zurückgehalten|erst zugestellt,? wenn|(?:filter|system) holds? your|(?:message|mail) (?:has been|is|was) held|get your (?:e?-?mail|message) (?:in)?to|achtergehouden|vastgehouden|kvarhåll\w+|tilbageholdt|holdt tilbake|zatrzyman\w+|zadržen\w+)\b|задержано до|保留され",
    ignore_case=True,
)
"""A message waits."""
RELEASED_BY: Final = Cues(
    r"\b(?:haga clic|pulse (?:en|el|aquí)|cliqu(?:ez|er|e)|clicchi|fare clic|clicca|klicken sie|antworten\b|captcha|reply to this|click (?:here|on|the)|klik (?:op|hier)|klicka|klik på|klikk på|kliknij|klikněte)|нажмите|クリック",
    ignore_case=True,
)
"""What its sender is to do."""
