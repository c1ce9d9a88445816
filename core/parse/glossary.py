"""Trading words in other languages, as evidence for what a model says they mean; decides nothing by itself.

Only words that leave no doubt are listed. A word that is missing costs a question, a wrong one could cost money.
Kinds are those of the grammar's lexicon. `=` ends a whole word; other entries may go on (inflections).
"""

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Literal

from core.parse.grammar.vocabulary import phrases
from core.parse.tongues import Tongue

_STICKY = frozenset({"zh", "ja", "ko"})
"""Languages whose words are not set apart by spaces."""

_GLOSSARY: Mapping[Tongue, Mapping[str, str]] = {
    "es": {
        "BUY": "compra|compre=", "SELL": "vend", "LONG": "largo", "SHORT": "corto", "CLOSE": "cierr|cerrar",
        "IF": "si=|cuando=|cuándo=", "NOT": "no=|nunca=|sin=", "ABOVE": "sub|supera|suba|encima|alcan|llegu|llega",
        "BELOW": "baj|cae=|caiga|debajo|cai", "HALF": "mitad", "ALL": "todo|toda", "FOREIGN": "retir|transf|envía|enviar",
        "ALERT": "avís|avis|alerta", "EVERY": "cada=", "1000": "mil=", "HOUR": "hora", "MINUTE": "minuto",
        "DAY": "día|dia=|dias=", "USD": "dólar|dolar", "PERCENT": "ciento",
    },
    "pt": {
        "BUY": "compr", "SELL": "vend", "CLOSE": "fech|encerr", "IF": "se=|quando=|caso=",
        "NOT": "não=|nao=|nunca=|sem=", "ABOVE": "sub|passar|supera|acima|ating|chegar", "BELOW": "cair|cai=|abaixo|desc",
        "HALF": "metade", "ALL": "tudo=|toda|todo", "FOREIGN": "saca|transf|envia", "ALERT": "avis|alert",
        "EVERY": "cada=", "1000": "mil=", "HOUR": "hora", "MINUTE": "minuto", "DAY": "dia=|dias=",
        "USD": "dólar|dolar|dólares", "PERCENT": "cento",
    },
    "fr": {
        "BUY": "achèt|achet", "SELL": "vend", "CLOSE": "ferm|clôtur|clotur", "IF": "si=|quand=|lorsque=|dès=",
        "NOT": "pas=|ne=|jamais=|sans=", "ABOVE": "mont|dépass|dessus|hausse|attein", "BELOW": "baiss|descen|tomb|sous=|chut",
        "HALF": "moitié|moitie", "ALL": "tout=|toute|tous=", "FOREIGN": "retir|transf|envo", "ALERT": "prévi|previ|alert|avert",
        "EVERY": "chaque=", "1000": "mille=", "HOUR": "heure", "MINUTE": "minute", "DAY": "jour", "USD": "dollar",
    },
    "de": {
        "BUY": "kauf", "SELL": "verkauf", "CLOSE": "schließ|schliess|glattst", "IF": "wenn=|falls=|sobald=",
        "NOT": "nicht=|kein|nie=|niemals=|ohne=", "ABOVE": "steig|über=|ueber=|erreich|übersteig",
        "BELOW": "fäll|fallen=|sink|unter=", "HALF": "hälfte|haelfte", "ALL": "alles=|alle=|ganze|gesamte",
        "FOREIGN": "überweis|auszahl|abheb|transfer", "ALERT": "sag=|benachrichtig|meld|alarm", "EVERY": "jede|täglich",
        "1000": "tausend", "HOUR": "stunde", "MINUTE": "minute", "DAY": "tag=|tage=|tagen=", "USD": "dollar",
        "PERCENT": "prozent",
    },
    "it": {
        "BUY": "compra|acquist", "SELL": "vend", "CLOSE": "chiud", "IF": "se=|quando=", "NOT": "non=|mai=|senza=",
        "ABOVE": "sale=|salga|supera|sopra|raggiun", "BELOW": "scend|cala|sotto|cade|crolla", "HALF": "metà|meta=",
        "ALL": "tutto|tutta|tutti", "FOREIGN": "prelev|trasfer|invia", "ALERT": "avvis|notific", "EVERY": "ogni=",
        "1000": "mila=|mille=", "HOUR": "ora=|ore=", "MINUTE": "minut", "DAY": "giorn", "USD": "dollar", "PERCENT": "cento",
    },
    "ru": {
        "BUY": "купи|покуп|докуп", "SELL": "прода", "LONG": "лонг", "SHORT": "шорт", "CLOSE": "закр",
        "IF": "если=|когда=", "NOT": "не=|нет=|никогда|без=", "ABOVE": "выраст|раст|подним|выше=|достиг|превыс",
        "BELOW": "упад|пада|опуст|ниже=|сниз", "HALF": "половин", "ALL": "всё=|все=|всю=|весь=",
        "FOREIGN": "вывед|вывод|переведи|перевод|отправ", "ALERT": "сообщ|уведом|скажи|напиши", "EVERY": "кажд",
        "1000": "тысяч|тыс=", "HOUR": "час", "MINUTE": "минут", "DAY": "день=|дня=|дней=|дни=", "USD": "доллар",
        "PERCENT": "процент",
    },
    "uk": {
        "BUY": "купи|купу", "SELL": "прода", "LONG": "лонг", "SHORT": "шорт", "CLOSE": "закри", "IF": "якщо=|коли=",
        "NOT": "не=|ні=|ніколи|без=", "ABOVE": "зрост|виросте|підніме|вище=|досяг|перевищ", "BELOW": "впад|пада|опуст|нижче=|зниз",
        "HALF": "половин", "ALL": "все=|всю=|усю=|весь=", "FOREIGN": "виве|перека|надішли", "ALERT": "повідом|скажи|сповіст",
        "EVERY": "кожн|щод", "1000": "тисяч|тис=", "HOUR": "годин", "MINUTE": "хвилин", "DAY": "день=|дні=|днів=",
        "USD": "долар", "PERCENT": "відсот",
    },
    "tr": {
        "BUY": "al=|satın=", "SELL": "sat=", "CLOSE": "kapat=", "IF": "eğer=|olursa=|olunca=|düşerse|çıkarsa|geçerse",
        "NOT": "değil|asla|yok=", "ABOVE": "yüksel|çık|geç|üst", "BELOW": "düş|altı", "HALF": "yarı", "ALL": "tüm|hepsi",
        "FOREIGN": "çek=|gönder|transfer", "ALERT": "haber|bildir|uyar", "EVERY": "her=", "1000": "bin=", "HOUR": "saat",
        "MINUTE": "dakika", "DAY": "gün", "USD": "dolar",
    },
    "id": {
        "BUY": "beli=|belikan", "SELL": "jual", "CLOSE": "tutup", "IF": "jika=|kalau=|bila=|ketika=",
        "NOT": "jangan|tidak=|nggak=|gak=|tanpa=", "ABOVE": "naik|tembus|atas", "BELOW": "turun|bawah|jatuh",
        "HALF": "setengah|separuh", "ALL": "semua|seluruh", "FOREIGN": "tarik|kirim|transfer", "ALERT": "kabari|beri|ingat",
        "EVERY": "tiap|setiap", "1000": "ribu", "HOUR": "jam", "MINUTE": "menit", "DAY": "hari", "USD": "dolar",
        "PERCENT": "persen",
    },
    "vi": {
        "BUY": "mua=", "SELL": "bán=", "CLOSE": "đóng=", "IF": "nếu=|khi=", "NOT": "không=|đừng=|chưa=",
        "ABOVE": "tăng|lên=|trên=|vượt", "BELOW": "giảm|xuống=|dưới=", "HALF": "nửa=", "ALL": "toàn=|tất=",
        "FOREIGN": "rút=|chuyển|gửi", "ALERT": "báo=|nhắc", "EVERY": "mỗi=", "1000": "nghìn|ngàn", "HOUR": "giờ",
        "MINUTE": "phút", "DAY": "ngày", "USD": "đô=",
    },
    "zh": {
        "BUY": "买|買", "SELL": "卖|賣", "LONG": "做多|开多|開多", "SHORT": "做空|开空|開空", "CLOSE": "平仓|平倉|平掉",
        "IF": "如果|若|当|當|就|时|時", "NOT": "不|别|別|勿|没", "ABOVE": "涨|漲|升|突破|高于|高於|超过|超過|以上",
        "BELOW": "跌|低于|低於|以下|降", "HALF": "一半", "ALL": "全部|所有", "FOREIGN": "提现|提币|转账|轉賬|提現",
        "ALERT": "通知|提醒|告诉|告訴", "EVERY": "每", "1000": "千", "10000": "万|萬", "HOUR": "小时|小時",
        "MINUTE": "分钟|分鐘", "DAY": "天", "USD": "美元|美金",
    },
    "ja": {
        "BUY": "買|購入", "SELL": "売", "LONG": "ロング", "SHORT": "ショート", "CLOSE": "決済|クローズ|閉じ",
        "IF": "もし|たら|なら|とき|れば", "NOT": "ない|禁止|せず", "ABOVE": "上が|上回|超え|達し|以上", "BELOW": "下が|下回|割|落ち|以下",
        "HALF": "半分", "ALL": "全部|すべて|全て", "FOREIGN": "出金|送金", "ALERT": "教えて|通知|知らせ", "EVERY": "毎|ごと",
        "1000": "千", "10000": "万", "HOUR": "時間", "MINUTE": "分間|分後", "DAY": "日間", "USD": "ドル",
    },
    "ko": {
        "BUY": "매수|사줘|사라", "SELL": "매도|팔", "LONG": "롱", "SHORT": "숏|공매도", "CLOSE": "청산|종료",
        "IF": "면|만약|때", "NOT": "지 마|마세요|않|말고|지마", "ABOVE": "오르|상승|이상|넘|도달", "BELOW": "떨어|하락|이하|내려|밑",
        "HALF": "절반", "ALL": "전부|모두|전량", "FOREIGN": "출금|송금|이체|보내", "ALERT": "알려|알림", "EVERY": "매일|마다|매주",
        "1000": "천", "10000": "만", "HOUR": "시간", "MINUTE": "분", "USD": "달러",
    },
    "hi": {
        "BUY": "खरीद|ख़रीद", "SELL": "बेच", "CLOSE": "बंद", "IF": "अगर|यदि|जब", "NOT": "नहीं|मत=|बिना", "ABOVE": "ऊपर|बढ़",
        "BELOW": "नीचे|गिर", "HALF": "आधा|आधी|आधे", "ALL": "सब|सारी|पूरी", "FOREIGN": "निकाल|भेज", "ALERT": "बता|सूचित",
        "EVERY": "हर=", "1000": "हज़ार|हजार", "HOUR": "घंट", "MINUTE": "मिनट", "DAY": "दिन", "USD": "डॉलर",
        "PERCENT": "प्रतिशत",
    },
    "ar": {
        "BUY": "اشتر|شراء", "SELL": "بع=|بيع", "CLOSE": "أغلق|اغلق|إغلاق", "IF": "إذا|اذا|عندما|لو=", "NOT": "لا=|لم=|لن=|بدون",
        "ABOVE": "ارتفع|فوق|وصل|تجاوز", "BELOW": "انخفض|تحت|هبط|نزل", "HALF": "نصف", "ALL": "جميع", "FOREIGN": "سحب|اسحب|حول|أرسل",
        "ALERT": "نبه|أخبر|اخبر", "EVERY": "كل=", "1000": "ألف|الف|آلاف", "HOUR": "ساع", "MINUTE": "دقيق", "DAY": "يوم",
        "USD": "دولار",
    },
}  # fmt: skip
_COINS: Mapping[str, str] = {
    "BTC": "биткоин|биткойн|біткоїн|比特币|比特幣|ビットコイン|비트코인|बिटकॉइन|بيتكوين|بتكوين",
    "ETH": "эфир|ефір|етер|以太坊|以太币|イーサリアム|イーサ|이더리움|이더|इथेरियम|إيثريوم|ايثريوم|إيثيريوم|éther",
    "SOL": "солан|索拉纳|ソラナ|솔라나|सोलाना|سولانا", "DOGE": "догико|狗狗币|ドージ|도지", "XRP": "риппл|瑞波|リップル|리플",
}  # fmt: skip
_HALVES: Mapping[Tongue, tuple[str, str]] = {
    "es": ("de la mañana|por la mañana", "de la tarde|de la noche|por la tarde|por la noche"),
    "pt": ("da manhã|de manhã", "da tarde|da noite|à noite"), "fr": ("du matin=", "du soir=|après-midi"),
    "de": ("morgens|früh=|vormittag", "abends|nachmittag|nachts"), "it": ("di mattina|del mattino", "di sera|del pomeriggio"),
    "ru": ("утра=|утром", "вечера=|вечером|дня="), "uk": ("ранку=|вранці", "вечора=|ввечері|дня="),
    "tr": ("sabah", "akşam|öğleden sonra"), "id": ("pagi", "siang|sore=|malam"), "vi": ("sáng=", "chiều=|tối="),
    "zh": ("早上|上午|早晨", "下午|晚上"), "ja": ("午前|朝", "午後|夜|夕方"), "ko": ("오전|아침", "오후|저녁|밤"),
    "hi": ("सुबह", "शाम|रात"), "ar": ("صباح", "مساء"),
}  # fmt: skip
"""Words for the halves of the day: before noon, after it."""
_TOMORROW: Mapping[Tongue, str] = {
    "es": "mañana=", "pt": "amanhã|amanha=", "fr": "demain=", "de": "morgen=", "it": "domani=", "ru": "завтра", "uk": "завтра",
    "tr": "yarın=", "id": "besok", "zh": "明天", "ja": "明日", "ko": "내일",
}  # fmt: skip
_PARTS: Mapping[Tongue, tuple[str, str, str]] = {
    "es": ("tercio|tercera parte", "un cuarto=|cuarta parte", "parte=|poco=|algo="),
    "pt": ("terço|terça parte", "um quarto=|quarta parte", "parte=|pouco=|algum"), "fr": ("tiers=", "quart=", "partie=|peu="),
    "de": ("drittel", "viertel", "teil=|etwas=|bisschen"), "it": ("un terzo=|terza parte", "un quarto=|quarta parte", "parte=|poco=|po'"),
    "ru": ("треть", "четверт", "часть=|немного"), "uk": ("третин", "чверт", "частин|трохи"),
    "tr": ("üçte bir", "çeyre|dörtte bir", "biraz|kısm"), "id": ("sepertiga", "seperempat", "sebagian|sedikit"),
    "vi": ("phần ba", "phần tư", "một phần=|ít="), "zh": ("三分之一", "四分之一", "部分|一些|一点|少许"),
    "ja": ("三分の一|3分の1", "四分の一|4分の1", "一部|少し"), "ko": ("3분의 1|삼분의 일", "4분의 1|사분의 일", "일부|조금"),
    "hi": ("तिहाई", "चौथाई", "कुछ|थोड़"), "ar": ("ثلث", "ربع", "بعض|جزء|قليل"),
}  # fmt: skip
"""A third, a quarter, and words for some part that is not told."""
_SHARED = frozenset(
    {
        "LONG",
        "SHORT",
        "STOP",
        "TARGET",
        "TRAIL",
        "LIMIT",
        "TWAP",
        "IND",
        "MARGIN",
        "LEVERAGE",
        "POSTONLY",
        "DCA",
        "FUNDING",
    }
)
"""Kinds whose English words traders use in every language."""


@cache
def _pattern(entries: str, *, sticky: bool) -> re.Pattern[str]:
    pieces = [
        re.escape(entry)
        if sticky
        else rf"(?<!\w){re.escape(entry.rstrip('='))}" + (r"(?!\w)" if entry[-1] == "=" else "")
        for entry in entries.split("|")
    ]
    return re.compile("|".join(pieces))


def marks_in(text: str, tongue: Tongue) -> list[tuple[str, int, int]]:
    """Every trading word of *text* (lower case) in this language, and those that traders use in all: kind, start, end."""
    sticky = tongue in _STICKY
    listed = [*_GLOSSARY[tongue].items(), *zip(("AM", "PM"), _HALVES[tongue], strict=True)]
    listed += zip(("THIRD", "QUARTER", "VAGUE"), _PARTS[tongue], strict=True)
    if tongue in _TOMORROW:
        listed.append(("TOMORROW", _TOMORROW[tongue]))
    found = [
        (kind, *match.span()) for kind, entries in listed for match in _pattern(entries, sticky=sticky).finditer(text)
    ]
    for match in re.finditer(r"[a-z]+", text):
        kind = phrases().get((match.group(),), ("", None))[0]
        if kind in _SHARED:
            found.append((kind, *match.span()))
    for kind, words in (("TARGET", "take[ -]profit"), ("STOP", "stop[ -]loss"), ("TRAIL", "trailing")):
        found += [(kind, *match.span()) for match in re.finditer(rf"(?<![a-z])(?:{words})", text)]
    return sorted(found, key=lambda mark: mark[1])


def says_half(kinds: Collection[str]) -> Literal["am", "pm"] | None:
    """The half of the day that words of these kinds name; None for neither or both."""
    if ("AM" in kinds) == ("PM" in kinds):
        return None
    return "am" if "AM" in kinds else "pm"


def coins_in(text: str) -> list[tuple[str, int, int]]:
    """Coins named in other scripts: ticker, start, end."""
    return [
        (ticker, *match.span())
        for ticker, entries in _COINS.items()
        for match in _pattern(entries, sticky=True).finditer(text)
    ]
