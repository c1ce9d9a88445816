"""Tells which language a message is written in, and says in it that only English is read; translates nothing else.

Closed tables instead of a detector library: the libraries need an array package or tens of megabytes for what
scripts, letters and a few words decide as well for the languages that are answered here.
"""

import re
from collections.abc import Mapping
from typing import Literal

Tongue = Literal["es", "pt", "fr", "de", "it", "ru", "uk", "tr", "id", "vi", "zh", "ja", "ko", "hi", "ar"]

_SCRIPTS: tuple[tuple[Tongue, str], ...] = (
    ("ko", "[\uac00-\ud7a3\u1100-\u11ff]"),
    ("ja", "[\u3040-\u30ff]"),
    ("zh", "[\u4e00-\u9fff]"),
    ("ar", "[\u0600-\u06ff]"),
    ("hi", "[\u0900-\u097f]"),
    ("uk", "[іїєґІЇЄҐ]"),
    ("ru", "[\u0400-\u04ff]"),
)
_LETTERS: tuple[tuple[Tongue, str], ...] = (
    ("vi", "[đơưĐƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]"),
    ("tr", "[ğışĞİŞ]"),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Mapping[Tongue, frozenset[str]] = {
    "es": _words(
        "si cuando mi mis el la los las del un una vende vender compra comprar cierra cerrar por para con y o baja "
        "sube mitad posición posicion pon ponme avísame avisame cada no mercado todo"
    ),
    "pt": _words(
        "se quando meu minha o a os as do da um uma venda vender compre comprar feche fechar por para com e ou cair "
        "subir metade posição posicao me avisa avise cada não nao mercado tudo passar"
    ),
    "fr": _words(
        "si quand mon ma mes le la les du un une vends vendre achète achete acheter ferme fermer pour avec et ou "
        "baisse monte moitié moitie position sous chaque ne pas marché tout préviens dès"
    ),
    "de": _words(
        "wenn falls sobald mein meine meinen der die das den ein eine verkaufe verkaufen kaufe kaufen schließe "
        "schliesse und oder mit auf bei unter über hälfte jeden jede nicht sag alles fällt steigt"
    ),
    "it": _words(
        "se quando mio mia il lo la gli le del un una vendi vendere compra comprare chiudi chiudere per con e o "
        "scende sale metà posizione avvisami ogni non mercato tutto sotto sopra"
    ),
    "tr": _words(
        "eğer benim bir ve veya ile sat al kapat alım satım piyasadan fiyat olursa olunca her gün saat yarısını "
        "pozisyonumu dolar düşerse çıkarsa aç haber ver bana"
    ),
    "id": _words(
        "jika kalau saat ketika saya aku dan atau dengan jual beli tutup semua setengah posisi tiap setiap hari jam "
        "pagi malam turun naik harga jangan di ke yang kabari"
    ),
    "vi": _words("nếu khi tôi của và hoặc bán mua đóng một nửa vị thế mỗi ngày giờ giá"),
}
_ENGLISH = _words(
    "if when my the a an of to and or with on at in is it buy sell close all price goes "
    "drops hits above below every day for then half me tell let by from up down take profit loss no set put"
)
"""Without the words that traders use in every language, such as long, stop and position."""
_WORD = re.compile(r"[^\W\d_]+")

UNREAD: Mapping[Tongue, str] = {
    "es": "Sin un modelo de lenguaje configurado solo entiendo inglés. Dilo en inglés, por ejemplo: "
    "“sell half my SOL if it drops below 140”.",
    "pt": "Sem um modelo de linguagem configurado, só entendo inglês. Diga em inglês, por exemplo: "
    "“sell half my SOL if it drops below 140”.",
    "fr": "Sans modèle de langage configuré, je ne comprends que l’anglais. Dites-le en anglais, par exemple : "
    "“sell half my SOL if it drops below 140”.",
    "de": "Ohne eingerichtetes Sprachmodell verstehe ich nur Englisch. Sag es auf Englisch, zum Beispiel: "
    "“sell half my SOL if it drops below 140”.",
    "it": "Senza un modello linguistico configurato capisco solo l’inglese. Dillo in inglese, per esempio: "
    "“sell half my SOL if it drops below 140”.",
    "ru": "Без подключённой языковой модели я понимаю только английский. Скажите по-английски, например: "
    "“sell half my SOL if it drops below 140”.",
    "uk": "Без підключеної мовної моделі я розумію лише англійську. Скажіть англійською, наприклад: "
    "“sell half my SOL if it drops below 140”.",
    "tr": "Bir dil modeli ayarlanmadığı için yalnızca İngilizce anlıyorum. İngilizce söyleyin, örneğin: "
    "“sell half my SOL if it drops below 140”.",
    "id": "Tanpa model bahasa yang diatur, saya hanya mengerti bahasa Inggris. Katakan dalam bahasa Inggris, misalnya: "
    "“sell half my SOL if it drops below 140”.",
    "vi": "Khi chưa cài đặt mô hình ngôn ngữ, tôi chỉ hiểu tiếng Anh. Hãy nói bằng tiếng Anh, ví dụ: "
    "“sell half my SOL if it drops below 140”.",
    "zh": "未配置语言模型时，我只能理解英语。请用英语说，例如：“sell half my SOL if it drops below 140”。",
    "ja": "言語モデルが設定されていないため、英語しか理解できません。英語で言ってください。例："
    "“sell half my SOL if it drops below 140”。",
    "ko": "언어 모델이 설정되어 있지 않아 영어만 이해합니다. 영어로 말해 주세요. 예: "
    "“sell half my SOL if it drops below 140”.",
    "hi": "भाषा मॉडल सेट न होने पर मैं केवल अंग्रेज़ी समझता हूँ। कृपया अंग्रेज़ी में कहें, जैसे: “sell half my SOL if it drops below 140”।",
    "ar": "من دون نموذج لغوي مُعدّ لا أفهم إلا الإنجليزية. قلها بالإنجليزية، مثلًا: "
    "“sell half my SOL if it drops below 140”.",
}
"""What to say, in each language, to words that nothing here reads."""


def tongue_of(text: str) -> Tongue | None:
    """The language that *text* is in; None for English and for what cannot be told."""
    for tongue, letters in _SCRIPTS:
        found = len(re.findall(letters, text))
        if tongue == "ja" and found == 0:
            continue
        if found >= 2 or (found and found * 2 >= len(_WORD.findall(text))):
            return tongue
    for tongue, letters in _LETTERS:
        if re.search(letters, text):
            return tongue
    words = {word.lower() for word in _WORD.findall(text)}
    english = len(words & _ENGLISH)
    hits, best = max(((len(words & own), tongue) for tongue, own in _WORDS.items()), key=lambda pair: pair[0])
    return best if hits >= 2 and hits > english else None
