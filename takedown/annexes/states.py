"""States by ISO 3166-1 alpha-2, and the names of those of the European Union."""

from takedown.annexes.fields import Words

_SECOND_LETTERS = {
    "A": "DEFGILMOQRSTUWXZ",
    "B": "ABDEFGHIJLMNOQRSTVWYZ",
    "C": "ACDFGHIKLMNORUVWXYZ",
    "D": "EJKMOZ",
    "E": "CEGHRST",
    "F": "IJKMOR",
    "G": "ABDEFGHILMNPQRSTUWY",
    "H": "KMNRTU",
    "I": "DELMNOQRST",
    "J": "EMOP",
    "K": "EGHIMNPRWYZ",
    "L": "ABCIKRSTUVY",
    "M": "ACDEFGHKLMNOPQRSTUVWXYZ",
    "N": "ACEFGILOPRUZ",
    "O": "M",
    "P": "AEFGHKLMNRSTWY",
    "Q": "A",
    "R": "EOSUW",
    "S": "ABCDEGHIJKLMNORSTVXYZ",
    "T": "CDFGHJKLMNORTVWZ",
    "U": "AGMSYZ",
    "V": "ACEGINU",
    "W": "FS",
    "Y": "ET",
    "Z": "AMW",
}
STATES = frozenset(first + second for first, seconds in _SECOND_LETTERS.items() for second in seconds)
EU_STATES = {
    "AT": Words("Austria", "Autriche"),
    "BE": Words("Belgium", "Belgique"),
    "BG": Words("Bulgaria", "Bulgarie"),
    "CY": Words("Cyprus", "Chypre"),
    "CZ": Words("Czechia", "Tchéquie"),
    "DE": Words("Germany", "Allemagne"),
    "DK": Words("Denmark", "Danemark"),
    "EE": Words("Estonia", "Estonie"),
    "ES": Words("Spain", "Espagne"),
    "FI": Words("Finland", "Finlande"),
    "FR": Words("France", "France"),
    "GR": Words("Greece", "Grèce"),
    "HR": Words("Croatia", "Croatie"),
    "HU": Words("Hungary", "Hongrie"),
    "IE": Words("Ireland", "Irlande"),
    "IT": Words("Italy", "Italie"),
    "LT": Words("Lithuania", "Lituanie"),
    "LU": Words("Luxembourg", "Luxembourg"),
    "LV": Words("Latvia", "Lettonie"),
    "MT": Words("Malta", "Malte"),
    "NL": Words("Netherlands", "Pays-Bas"),
    "PL": Words("Poland", "Pologne"),
    "PT": Words("Portugal", "Portugal"),
    "RO": Words("Romania", "Roumanie"),
    "SE": Words("Sweden", "Suède"),
    "SI": Words("Slovenia", "Slovénie"),
    "SK": Words("Slovakia", "Slovaquie"),
}


def state_name(code: str, language: str) -> str:
    """`Ireland (IE)`; the code alone for States outside the Union."""
    return f"{EU_STATES[code].in_language(language)} ({code})" if code in EU_STATES else code
