"""What notes of absence and of receipt say, by what each sentence is for: two give a note away.

A person who tells of a holiday asks or answers something besides; a machine says that somebody is
away, and then when that one is back, whom to turn to, or that the mail stays unread. A desk's
machine says that the mail came in, and then that somebody will see to it, or not to answer. To add
a language, put its words into each list; case does not count.
"""

# ruff: noqa: E501  # a pattern that is cut in two cannot be read
from __future__ import annotations

import re
from typing import Final

_AWAY: Final = (
    r"\b(?:i am|i'm|i will be|i'll be|i shall be|we are|we will be|our offices? (?:is|are|will be)|the office (?:is|will be)) (?:\S+ ){0,4}?(?:out of (?:the )?office|out of the country|on (?:\w+ ){0,2}(?:leave|vacation|holidays?|sabbatical|travel|mission|pto)|away|not in the office|not available|absent|travell?ing|closed|unavailable|out of town|out until|out till)",
    r"\b(?:out of (?:the )?office|on (?:annual|parental|maternity|paternity|sick|medical|study) leave|away from (?:the office|my desk|my e?-?mail))\b",
    r"\bich bin (?:\S+ ){0,10}?(?:nicht (?:im (?:büro|haus|dienst)|erreichbar|da|am arbeitsplatz)|abwesend|im urlaub|außer haus|in elternzeit|auf (?:dienst)?reise|verreist)|ich befinde mich (?:\S+ ){0,8}?(?:in |im |auf |nicht )|(?:nicht im büro|außer haus|im urlaub|in elternzeit|im mutterschutz)\b|bin ich (?:\S+ ){0,5}(?:abwesend|im urlaub|nicht)|(?:unser büro|unsere büros|wir) (?:ist|sind|haben|bleibt) (?:\S+ ){0,8}geschlossen",
    r"\b(?:je (?:suis|serai)|nous (?:sommes|serons)|nos bureaux (?:sont|seront)) (?:\S+ ){0,6}?(?:absente?s?|en (?:congés?|vacances|mission|déplacement|formation|arrêt)|hors|fermés?|indisponible|de retour)|actuellement (?:absente?|en congés?|indisponible)|en congés? (?:de maternité|parental|jusqu|annuel)",
    r"\b(?:estoy|estaré|estamos|me encuentro|me encontraré|nos encontramos) (?:\S+ ){0,6}?(?:fuera|ausente|de vacaciones|de viaje|de licencia|de baja|de permiso)|fuera de (?:la |mi )?oficina|ausente de la oficina|nuestras oficinas (?:estarán|permanecerán)",
    r"\b(?:estou|estarei|estamos|encontro-me) (?:\S+ ){0,6}?(?:fora|ausente|de f[eé]rias|em f[eé]rias|de licen[cç]a|em viagem)|fora do escrit[oó]rio|de licença (?:de )?maternidade",
    r"\b(?:sono|sarò|siamo|saremo) (?:\S+ ){0,6}?(?:assente|fuori|in ferie|in viaggio|in congedo|in maternità|chius[ie])|fuori (?:ufficio|sede)\b|i nostri uffici (?:sono|saranno|resteranno)",
    r"\bik ben (?:\S+ ){0,8}?(?:afwezig|niet (?:aanwezig|op kantoor|bereikbaar|werkzaam)|(?:met|op) vakantie|met (?:\S+ )?verlof|weg|ziek)|ben ik (?:\S+ ){0,6}?(?:afwezig|niet|met)\b|ons kantoor is (?:\S+ ){0,8}gesloten",
    r"\bjag är (?:\S+ ){0,6}?(?:borta|på semester|ledig|tjänstledig|inte på|frånvarande|föräldraledig|sjukskriven|bortrest|på resande)|\b(?:jeg (?:er|holder|har|afholder)|eg er) (?:\S+ ){0,6}?(?:fraværende|ferie|bortreist|bortrejst|ikke (?:på|til)|ude af|ute av|på kurs|på reise|permisjon|orlov|fri\b)",
    r"\bolen (?:\S+ ){0,6}?(?:loma|poissa|matko|vapaa|virkavapaa|vanhempain|äitiys|perhevapaa|estynyt)|en ole (?:\S+ ){0,3}(?:toimistolla|paikalla|tavoitettavissa|töissä)|viibin (?:\S+ ){0,4}puhkusel|olen (?:\S+ ){0,4}puhkusel|ég (?:er|verð) (?:\S+ ){0,5}(?:í fríi|í leyfi|ekki við|fjarverandi)",
    r"\b(?:jestem|będę|przebywam) (?:\S+ ){0,6}?(?:na (?:\S+ )?(?:urlopie|zwolnieniu|delegacji)|nieobecn|poza biurem|niedostępn)|nieobecn\w+ (?:w|do)\b|urlopie (?:do|wypoczynk|macierzy)",
    r"\b(?:jsem|budu|nejsem|nebudu|som|budem|nie som) (?:\S+ ){0,6}?(?:na dovolen|mimo kancel|nepřítom|v kancel|na rodičovsk|neprítomn|na služobn|na služební|k dispozici)|na godišnjem (?:sam )?odmoru|(?:nisam|neću biti|trenutno nisam) (?:\S+ ){0,3}u (?:uredu|kancelariji)|na (?:letnem )?dopustu|odsoten|odsotna|odsutan|odsutna",
    r"szabadságon (?:vagyok|leszek|vagyunk)|nem vagyok (?:\S+ ){0,3}(?:bent|elérhető|az irodában)|házon kívül|(?:sunt|voi fi|mă aflu) (?:\S+ ){0,5}?(?:în concedi|plecat|în afara birou|absent|în deplasare)|în concediu",
    r"(?:я|меня|нахожусь|буду|находимся) (?:\S+ ){0,6}?(?:в (?:\S+ )?отпуске|отсутств|вне офиса|в командировке|не в офисе|не будет|на больничном)|(?:в отпуске|в командировке) (?:с|до|по)\b|(?:я|мене|перебуваю|буду) (?:\S+ ){0,6}?(?:у (?:\S+ )?відпустці|у відрядженні|відсутн|не в офісі|поза офісом)|у відпустці|(?:в отпуск съм|в отпуск до|извън офиса|отсъствам)|(?:на годишњем одмору|на одмору|на службеном)|(?:одсуствувам|на одмор)|адпачынку",
    r"ofis dışında|izindeyi[mz]|tatildeyi[mz]|yıllık izin|doğum izni|şehir dışında|απουσιάζ|εκτός γραφείου|σε (?:κανονική )?άδεια|θα λείπω|λείπω|atostogauj|atostogose|esu (?:\S+ ){0,3}išvyk|atrodos (?:\S+ ){0,3}atvaļinājum|esmu (?:\S+ ){0,3}(?:atvaļinājum|prom)|jam me pushime|sóc (?:\S+ ){0,4}(?:de vacances|fora)|estic (?:\S+ ){0,4}(?:de vacances|fora|absent)|oporretan nago|sedang (?:cuti|dinas|berlibur|tidak di kantor)|(?:saya|kami) cuti|đang (?:nghỉ|đi công tác|vắng)|nghỉ phép|ลาพักร้อน|ลางาน|ไม่อยู่ที่(?:สำนักงาน|ออฟฟิศ)|wala (?:ako )?sa opisina|niko likizo",
    r"\b(?:office|we|offices) (?:is|are|will be) closed (?:from|for|until|on|over|during)|(?:notre|nos) (?:bureau|service|secrétariat|établissement)\w* (?:est|sont|sera|seront) fermé|nuestra oficina (?:está|estará|permanecerá)|o nosso escritório|il nostro ufficio (?:è|sarà|resterà)|onze kantoren zijn|\bjag har semester|\bjeg har ferie|taking (?:some )?time off|on (?:official )?(?:mission|duty travel|official travel|business travel|a business trip)|en voyage|auf dienstreise|in missione|em missão|en misión",
    r"不在(?:に|の|で|と|中)|休暇(?:を|中|と)|お休みを|休んで|休業(?:日|と|させて|中)|出張(?:中|の|に)|外出(?:中|しております)|席を外して|産休|育休|出差|休假|度假|请假|請假|产假|產假|不在(?:办公室|辦公室|公司)|外出|부재중|휴가|출장 ?중|자리를 비|육아 ?휴직|خارج المكتب|في (?:إجازة|مهمة|سفر)|إجازة|מחוץ למשרד|בחופשה|בחופש|בחופשת|לא אהיה|در مرخصی|मैं छुट्टी|अवकाश पर",
)
_BACK: Final = (
    r"\b(?:will be (?:answered|dealt|replied|attended|processed|read)|during (?:this|that) (?:time|period)|slow (?:in|to) (?:respond|repl|answer)|delay(?:ed)? in (?:respond|repl|answer|my)|from (?:\w+ )?\d{1,2}\b.{0,25}\b(?:to|until|till|through)|vom \d.{0,25}\bbis\b|du \d.{0,25}\bau\b|del \d.{0,25}\bal\b|dal \d.{0,25}\bal\b|de \d.{0,25}\ba \d)|\bс \d.{0,25}\bпо\b|\bз \d.{0,25}\b(?:по|до)\b|\bod \d.{0,25}\bdo\b",
    r"\b(?:until|till|through|back (?:on|in|at)|return(?:ing)? (?:on|to|in)|upon my return|(?:when|once|after|as soon as) i (?:am back|return|get back|come back)|on my return|after (?:my|our) return|as soon as (?:possible|i can|we can)|(?:i|we)(?:'ll| will| shall) (?:reply|respond|answer|get back|be back|return|read|deal))\b",
    r"\bbis (?:zum|einschließlich|einschl|inklusive|\d|voraussichtlich|ende|auf weiteres)|(?:wieder|zurück) (?:erreichbar|da\b|im|am|ab)|(?:nach|bei) meiner rückkehr|ab (?:dem )?\d|beantworte|schnellstmöglich|lese (?:\S+ ){0,3}(?:e-?)?mails? nicht",
    r"\bjusqu'?(?:au|à)|de retour|dès (?:mon|notre) retour|à mon retour|répondr(?:ai|ons)|dans les (?:meilleurs|plus brefs) délais|à partir d[ue]",
    r"\bhasta (?:el|la|nuevo)|a (?:mi|nuestro) (?:regreso|vuelta|retorno)|(?:le|te|les) (?:responder|contestar)|lo antes posible|a la mayor brevedad|regres(?:o|aré) (?:el|a)|vuelvo el",
    r"\baté (?:ao?|o|dia|\d)|(?:no|ao) meu (?:regresso|retorno)|respond(?:erei|eremos)|regress(?:o|arei)|o mais breve|assim que (?:possível|regressar|voltar)",
    r"\bfino (?:al|a|all)|al mio (?:rientro|ritorno)|(?:vi|le|ti) risponder|risponderò|di ritorno|rientrerò|il prima possibile",
    r"\btot (?:en met|\d)|(?:bij|na|op) mijn terugk|ben (?:\S+ ){0,3}terug|weer (?:aanwezig|bereikbaar|op kantoor)|beantwoord|zo (?:snel|spoedig) mogelijk|\btill? (?:och med|og med|den|\d)|tillbaka|åter (?:den|på|i)|tilbake|tilbage|frem til|återkommer|vender tilbage|svarer (?:så|når|deg|dig)|svarar (?:så|när)",
    r"\basti\b|saakka|palaan|palattuani|(?:kuni|naasen|tagasi)|\bdo (?:\d|dnia|odwołania)|od (?:dnia )?\d|wrac|po (?:moim )?powrocie|odpowiem|najszybciej|odpovím|odpoviem|po (?:svém |mém |mojom )?návratu|vrátím|vrátim|javit ću|odgovorit ću|nakon povratka|vrnem|-ig\b|visszat|válaszol|până (?:pe|la|în)|revin|voi răspunde",
    r"\b(?:до|по) \d|после (?:\S+ ){0,2}возвращени|вернусь|отвечу|ответ(?:им|ить)|після повернення|повернус|відповім|до\b.{0,20}(?:квітня|апреля|мая|травня|юни|юли|август|септем|октом)|отговоря|връщам|одговори",
    r"döneceğim|dönüşümde|dönünce|kadar\b|tarihine|μέχρι|έως|επιστρ[έο]|θα απαντήσω|\biki\b|grįš|līdz\b|atgriez|fins (?:al|a l)|sampai|kembali|đến (?:ngày|hết)|trở lại|ถึงวันที่",
    r"まで|以降|改めて|後日|折り返し|戻り|ご返信|ご返答|ご連絡(?:いたし|させ|差し上げ)|回来|回來|返回|尽快|儘快|盡快|之后|之後|回复您|回覆您|까지|이후|복귀|돌아와|회신|حتى|سأعود|العودة|الرد عليك|עד\b|אחזור|תא|बाद",
)
_INSTEAD: Final = (
    r"\b(?:urgent|urgency|emergenc|in my absence|during my absence|meantime|please (?:contact|direct|address|send (?:your|any|all|further)|forward|use|write to|call|get in touch|reach out)|(?:contact|reach) (?:my colleague|our|the office))",
    r"\bdringend\w*|in (?:der zwischenzeit|eiligen fällen|notfällen)|wenden sie sich|(?:meine[rn]? )?(?:vertretung|kolleg(?:e|in|en|innen))\b|verwenden sie (?:bitte |künftig |in zukunft |ab sofort |stattdessen )*|richten sie|kontaktieren sie|nutzen sie",
    r"\b(?:urgence|urgent\w*|pendant mon absence|en mon absence|entre-?temps|(?:veuillez |merci d(?:e |')|vous pouvez |prière d(?:e |'))(?:vous |bien vouloir )?(?:contacter|adresser|écrire|joindre|transmettre|envoyer|utiliser|prendre contact))",
    r"\b(?:urgen(?:te|tes|cia|cias)|durante mi ausencia|en mi ausencia|mientras tanto|(?:por favor|favor|puede|pueden|rogamos|ruego)[,]? (?:de )?(?:contact|comuni|dirij|dirigirse|escrib|póngase|ponerse|utilice))|(?:contacte|escriba|diríjase|comuníquese)\b",
    r"\b(?:urg[eê]n|na minha ausência|durante a minha|entretanto|(?:por favor|favor|queira|pode)[,]? (?:contact|contat|dirij|enviar|utiliz|escrev))|contacte|contatar|contactar",
    r"\b(?:urgen|in mia assenza|nel frattempo|durante la mia assenza|(?:si prega|vi prego|per favore|potete|rivolgersi|contattare|contattate|scrivere a|scrivete))",
    r"\b(?:dringende?|spoed|noodgeval|tijdens mijn afwezigheid|neem(?:t u)? (?:\S+ ){0,3}contact|kunt u (?:\S+ ){0,5}(?:terecht|contact|bellen|mailen)|brådskande|akut|kontakta|vänligen|hast(?:er|ende)|haste(?:sak|r)|venligst|kontakt(?:e|er|es)?\b|vennligst|ta kontakt)",
    r"\b(?:kiireelli|ottakaa yhteyttä|ota yhteyttä|yhteyttä|kiire\w+ (?:küsimus|asja)|pöörduge|piln\w+|w sprawach|proszę o kontakt|kontakt(?:ować|ujte|irajte|irati)|naléhav|neodkladn|v případě|v prípade|obraťte|obráťte|hitn\w+|nujn\w+|sürgős|forduljon|keress[eé]|urgen[tțţ]|vă rog)",
    r"\bсрочн|обращайтесь|обратитесь|свяжитесь|пишите|звоните|термінов|звертайтес|звертайтеся|зверніться|спешн|свържете|обърнете|хитн|контактирајте",
    r"acil|iletişime|irtibat|επείγο|επικοινων|skubi|kreip|susisiek|steidzam|sazin|urgènci|mendesak|hubungi|khẩn|liên hệ|ด่วน|ติดต่อ",
    r"緊急|お急ぎ|至急|急ぎの|代わりに|担当|如有(?:急|紧急|緊急)|急事|请(?:联系|致电)|請(?:聯絡|聯繫|致電)|紧急|긴급|급한|연락|للأمور العاجلة|العاجلة|التواصل|للطوارئ|דחוף|לפנות|दूसरे|संपर्क",
)
_UNREAD: Final = (
    r"\b(?:(?:limited|no|without|intermittent|sporadic|infrequent|restricted|irregular) (?:or no )?access to (?:my |the )?(?:e-?mails?|internet|messages)|not (?:be )?(?:checking|reading|monitoring|monitored|read|forwarded|answered)|(?:your|this) (?:message|e?-?mail) (?:has not been|will not be|is not being|has been automatically))",
    r"\b(?:wird|werden) nicht (?:automatisch )?(?:weitergeleitet|gelesen|bearbeitet)|wurde nicht weitergeleitet|keinen? zug(?:riff|ang)|lese (?:\S+ ){0,4}nicht|nur eingeschränkt",
    r"\bn'(?:ai|aurai) pas (?:\S+ ){0,3}accès|accès (?:limité|restreint|irrégulier)|(?:n'est|ne sera|n'a) pas (?:été )?(?:consultée?|lu|transmis|transféré|transmise)|pas transféré",
    r"\b(?:sin|con) acceso (?:limitado |restringido )?al? (?:mi )?(?:correo|internet|e-?mail)|acceso limitado|no (?:será|ha sido) (?:leído|reenviado)|sem acesso|acesso (?:limitado|restrito)|senza accesso|accesso limitato|non (?:verrà|sarà) (?:letto|inoltrato)|non avrò accesso",
    r"\bniet (?:doorgestuurd|gelezen)|geen toegang|läser inte|begränsad (?:tillgång|möjlighet)|begrenset tilgang|begrænset adgang|læser ikke|leser ikke|ikke (?:videresendt|lest|læst)|ei (?:välitetä|lueta)|en lue|nie mam dostępu|ograniczony dostęp|nemám přístup|omezený přístup|nemám prístup|nie (?:zostanie|będzie) przekaz",
    r"не имею доступа|нет доступа|доступ к почте|ограничен\w* доступ|не проверя|не маю доступу|обмежен\w* доступ|нямам достъп|немам приступ|erişim|πρόσβαση|hozzáfér|nu am acces|acces limitat|neturiu prieigos|accés limitat|akses terbatas|メール(?:の確認|を確認)|確認ができ|確認でき|无法(?:及时|查看|收发|回)|無法(?:及時|查看|收發|回)|暂时|暫時|확인이 (?:어렵|늦)|확인하기 어렵|الوصول إلى البريد|גישה (?:מוגבלת|למייל)",
)
_GONE: Final = (
    r"\bi (?:have |am )?(?:retired|resigned)\b|my (?:successor|replacement)\b|am no longer\b|j'ai quitté|mon successeur|mein(?:e)? nachfolger|aus dem (?:unternehmen|dienst|amt) ausgeschieden|mi sucesor|meu sucessor|mio successore|he dejado (?:la|el|mi)|ho lasciato",
    r"\b(?:(?:no longer|not longer|ceased to) (?:work|employed|with|part of|at\b|in use|valid|active|monitor|a member|available|reachable)|(?:has|have) (?:left|retired|moved on|departed)|(?:is|was|has been) (?:discontinued|closed down|decommissioned|deactivated)|this (?:e-?mail )?(?:address|account|mailbox) (?:is|has been|will be) (?:no longer|closed|discontinued|inactive|disabled|retired))\b",
    r"\b(?:nicht mehr (?:für|bei|gültig|aktiv|in (?:verwendung|betrieb|gebrauch)|im unternehmen|erreichbar|genutzt|tätig|verfügbar|abgerufen|beschäftigt)|ausgeschieden|im ruhestand|(?:adresse|postfach) (?:wurde|ist) (?:deaktiviert|geschlossen|stillgelegt))",
    r"\b(?:n'est plus (?:utilisée?|valide|en service|active|activée?|consultée?|en fonction|joignable)|ne (?:travaille|fait|travaillons) plus|a quitté|ai quitté|plus (?:partie|employé)|à la retraite|adresse (?:est |a été )?(?:désactivée|supprimée|fermée))",
    r"\b(?:ya no (?:trabaj|está|se utiliza|se usa|es válid|labor|forma parte|pertenece)|dejó de|ha dejado|já não (?:trabalh|está|é|faz)|não (?:trabalha|está|faz) mais|não faz mais parte|deixou (?:a|de)|non (?:lavora|lavoro|è|fa) più|non è più (?:attiv|valid|utilizz|in uso)|ha lasciato|niet (?:meer|langer) (?:werkzaam|in (?:gebruik|dienst)|actief|geldig|bereikbaar)|werk(?:t)? niet (?:meer|langer)|uit dienst)",
    r"\b(?:(?:inte|ikke|ikkje) (?:längre|lenger|længere)|slutat|sluttet|stoppet|fratrådt|gått i pension|ei ole enää|en ole enää|ei työskentele enää|nie (?:pracuje|jest już|jest aktualn)|już nie (?:pracuj|jest)|(?:již|už) (?:nepracuj|není|neexist)|már nem (?:dolgoz|működ|él)|nu mai (?:lucr|este|face)|ne radim više|više ne (?:radi|koristi)|ni več)",
    r"больше не (?:работает|работаю|использу|действ|обслужив)|уволил|более не (?:работа|действ)|більше не (?:працю|використ|ді[єю])|вече не (?:раб|се изп)|artık (?:çalışm|kullanıl|geçerli)|ayrılm[ıi]ş|δεν (?:εργάζ|χρησιμοποι|ισχύ)|退職(?:いた|し)|使用(?:しておりません|されておりません)|離職|离职|已离开|不再(?:使用|任职|工作)|停止使用|퇴사|퇴직|더 이상 사용|لم (?:يعد|أعد)|אינו עובד|אינה בשימוש",
)
_THANKED: Final = (
    r"\b(?:thank(?:s| you)(?: very much| so much)? for (?:your |the |contacting|writing|reaching|getting)(?!(?: \S+){0,2} (?:bulletin|newsletter|invitation|reminder))|(?:danke|vielen dank|herzlichen dank|besten dank) für (?:ihre|ihr|deine)|merci (?:pour|de) (?:votre|nous avoir)|(?:la|le|vous) ringrazi\w+ per|gracias por (?:su|tu|ponerse|contactar|escribir)|obrigad[oa] (?:pel[oa]|por)|grazie per (?:la|il|aver)|bedankt voor|dank (?:u )?voor|tack för (?:ditt|att)|takk for|tak for|kiitos (?:viestist|yhteyden)|dziękuj\S+ za|děkuj\S+ za|ďakuj\S+ za|hvala (?:na|vam)|köszön\S+ (?:a |az )?(?:level|megker|üzenet)|(?:vă )?mulțum|(?:спасибо|благодар\w+) за|дякую\S* за|teşekkür|ευχαριστ|dėkoj|paldies|gràcies|terima kasih|cảm ơn|ขอบคุณ)",
    r"ありがとうございます|感谢您的|感謝您的|감사합니다|شكر|תודה",
)
_RECEIVED: Final = (
    r"\b(?:(?:we|our \w+) (?:have |has )?(?:successfully )?(?:received|created|opened|logged|registered) (?:your|a|an|the) (?:new )?(?:e?-?mail|message|request|enquiry|inquiry|query|case|ticket|letter|support|submission)|(?:e?-?mail|message|request|enquiry|inquiry|query|submission|correspondence|case|ticket)\b[^.!?]{0,60} (?:has been|was|have been) (?:successfully )?(?:received|created|opened|logged|registered|forwarded to|assigned))",
    r"\b(?:bien (?:été )?reçu|(?:avons|a) (?:bien )?reçu (?:votre|ton)|(?:hemos|he) recibido (?:su|tu)|(?:ha sido|fue) (?:recibid|registrad|enviad)[oa]|recebemos (?:a sua|o seu|sua|seu)|foi (?:recebid|registad|registrad)[oa]|abbiamo ricevuto (?:il|la)|è stat[oa] (?:ricevut|registrat)[oa]|(?:ihre|deine) (?:\S+ ){0,3}(?:erhalten|eingegangen)|ist (?:bei uns )?eingegangen|(?:uw|je) (?:\S+ ){0,3}(?:ontvangen)|(?:vi har|har) (?:mottagit|modtaget|mottatt)|olemme vastaanottaneet|viestisi on vastaanotettu|otrzymali|została (?:otrzyman|przyjęt|zarejestrowan)|obdrželi|byla přijata|megkaptuk|am primit|получен[оы]?\b|зарегистрирован|отримано|alınmıştır|ulaşmıştır|ελήφθη|λάβαμε)",
    r"拝受|受け取りました|受け付け|受付いた|邮件(?:我)?(?:已|己)?(?:经)?收到|已收到(?:您|你)|郵件已收到|收到您的|来信已收|来信收到|접수되|받았습니다|تم استلام|استلمنا|קיבלנו|התקבל",
)
_PROMISED: Final = (
    r"\b(?:(?:we|our (?:\w+ )?(?:team|staff|agents?|representatives?)|someone|(?:a |one of our )?(?:member|representative|agent|colleague|person)s?\b[^.!?]{0,30}) (?:will|aim to|shall|endeavou?r to|try to|strive to|'ll) (?:\S+ ){0,3}?(?:respond|repl|answer|contact|get back|be in touch|attend|process|review|handle|look into|deal)|will be (?:\S+ )?(?:answered|handled|reviewed|processed|attended|dealt|responded|replied)|within (?:\S+ ){1,3}(?:working|business|hours|days)|keep the (?:case|ticket|reference) number|add (?:additional )?comments)",
    r"\b(?:(?:vous|te) (?:répondr|recontacter|contacter)ons|une réponse vous sera|sera traité|traiterons|dans les (?:meilleurs|plus brefs) délais|jours ouvr|(?:le|les|te) (?:responder|contestar|atender|contactar)emos|será atendid|serán atendid|a la mayor brevedad|lo antes posible|en breve|responderemos|será respondid|brevidade|entraremos em contacto|(?:le|vi|ti) (?:risponder|contatter)emo|sarà (?:evas|gestit|process)|al più presto|il prima possibile|(?:wir (?:werden|bearbeiten|melden|kümmern|antworten|beantworten))|(?:so schnell wie möglich|schnellstmöglich|umgehend|in kürze)|nemen (?:\S+ ){0,6}contact|zo (?:snel|spoedig) mogelijk|besvarar|återkommer|vender tilbage|snarest|svarer (?:så|hurtigst)|vastaamme|palaamme|odpowiemy|najszybciej|wkrótce|odpovíme|co nejdříve|válaszolunk|hamarosan|vom răspunde|ответим|рассмотр|в ближайшее время|відповімо|найближчим часом|en kısa sürede|σύντομα)",
    r"折り返し|順次|追って|改めてご|ご連絡(?:いたし|させ|差し上げ)|ご返信|尽快|儘快|盡快|回复您|回覆您|处理|빠른 시일|답변 ?드리|연락 ?드리|سنقوم|الرد عليك|سيتم|בהקדם|נחזור",
)
_NO_ANSWER: Final = (
    r"\b(?:do(?: not|n't) (?:reply|respond|answer)|no[- ]?reply|not (?:monitored|read|checked)|unattended|automat\w+|(?:ne pas|ne) (?:y )?répondre|no (?:responda|conteste|es necesario responder)|não responda|(?:di )?non rispondere|(?:antworten|beantworten) sie (?:bitte )?nicht|bitte nicht antworten|niet (?:te )?(?:beantwoorden|antwoorden|reageren)|svara inte|(?:svar|besvar) ikke|älä vastaa|nie odpowiadaj|neodpovídejte|ne válaszoljon|nu răspundeți|не отвеча|не нужно отвечать|не відповіда|yanıtlamayın|μην απαντ)|返信(?:は|しないで|いただ|でき)|ご返信いただけません|请勿回复|請勿回覆|勿回复|회신하지|발신 ?전용|عدم الرد|אין להשיב",
)
SIGNS: Final = tuple(
    re.compile("|".join(words), re.IGNORECASE)
    for words in (_AWAY, _BACK, _INSTEAD, _UNREAD, _GONE, _THANKED)
)
"""In this order: somebody is away; when they are back; whom to turn to; the mail stays unread;
somebody or an address is gone; thanks for the mail."""
DESK_SIGNS: Final = tuple(
    re.compile("|".join(words), re.IGNORECASE) for words in (_RECEIVED, _PROMISED, _NO_ANSWER)
)
"""In this order: the mail came in; somebody will see to it; nobody reads an answer."""
SINGLE: Final = re.compile(
    r"\b(?:i|i'm|i'll|i've|my|ich|mich|je (?:vous|suis|serai|ne|me|reviens)|j'ai|yo|eu|ik|jag|jeg|я|мне)\b|私",
    re.IGNORECASE,
)
"""A person speaks; desks say `we`."""

_ASKS: Final = (
    r"[?？؟](?:\s|$|[\"')»])|\b(?:could|can|would|may) (?:you|i|we)\b|(?:remove|take|drop) me\b|please (?:register|remove|unsubscribe|add|change|send (?:me|us)|let (?:me|us)|move|tell|note (?:our|my)|confirm|update|delete|find attached)|let me know|i (?:would|wanted|want|wish|am writing|hope|think|agree|confirm|attach|accept|suggest)\b|we (?:would like|confirm|agree|propose)|i'd (?:like|love)|(?:see|find) attached|attached (?:is|are|you)",
    r"(?:pourriez|pouvez|pourrais|peux)[- ](?:vous|tu)|(?:retirez|supprimez|désinscrivez|ajoutez|inscrivez)[- ]|merci de (?:me|nous|mettre|corriger)|je (?:voudrais|souhaite|confirme|vous (?:envoie|prie de (?:m'|me )))|ci-joint|(?:könnten|können|würden) sie (?:mir|uns|bitte (?!sich))|(?:nehmen|streichen|löschen|tragen|setzen) sie (?:mich|uns|bitte)|schicken sie mir|senden sie mir|ich (?:möchte|würde gern|bestätige|schicke|sende)|anbei|(?:podría|puede|podrían|pueden)(?:s|n)? (?:enviar|decir|por favor (?:env|cambi|elimin|inscrib))|(?:eliminen|borren|quiten|denme|dé[nm]e) |quisiera|me gustaría|adjunto|confirmo|gostaria|poderia|em anexo|vorrei|potrebbe|in allegato|zou (?:u|graag)|kunt u mij",
    r"подскажите|прошу (?:вас )?(?:прислать|удалить|добавить|сообщить)|хотел[аи]? бы|いただけ(?:ます|ません)|お願い(?:したい|でき)|请问|請問|能否|可以.{0,12}吗",
)
ASKS: Final = re.compile("|".join(_ASKS), re.IGNORECASE)
"""What a person asks for or offers; a note of absence does neither."""
