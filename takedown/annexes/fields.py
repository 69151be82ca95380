"""The fields of the three annexes as data: our keys, sections, labels in English and French, types. The words are ours, not the law's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from types import MappingProxyType

from takedown.choices import AnswerKind, Category

LANGUAGES = ("en", "fr")
ORDER = "annex_1"


class Kind(StrEnum):
    """What a value is. In brackets: how it stands in JSON."""

    TEXT = auto()
    LONG = auto()
    STATE = auto()
    """ISO 3166-1 alpha-2 (str)."""
    EU_STATE = auto()
    INSTANT = auto()
    """ISO 8601 with offset, to the second (str)."""
    DAY = auto()
    EMAIL = auto()
    CONTACT = auto()
    """E-mail address or URI (str)."""
    PHONE = auto()
    URI = auto()
    URLS = auto()
    """One or more (list of str)."""
    CHOICE = auto()
    """One of the options (str)."""
    CHOICES = auto()
    """One or more of the options, in their order (list of str)."""
    FLAG = auto()
    """Ticked or not (bool)."""
    NUMBER = auto()
    """Above zero (int)."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages of the forms."""

    en: str
    fr: str

    def in_language(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    section: str
    kind: Kind
    label: Words
    required: bool = False
    """Always. What is needed only sometimes, `check` knows."""
    options: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annex:
    key: str
    """`annex_1`, or an `AnswerKind`."""
    number: str
    title: Words
    sections: Mapping[str, Words]
    fields: Mapping[str, Field]


def _annex(key: str, number: str, title: Words, sections: Mapping[str, Words], *fields: Field) -> Annex:
    return Annex(key, number, title, MappingProxyType(dict(sections)), MappingProxyType({each.key: each for each in fields}))


def _field(place: str, key: str, kind: Kind, en: str, fr: str, options: Mapping[str, Words] | None = None) -> Field:
    """`place` is the section, with a star where the field is always needed."""
    return Field(key, place.rstrip("*"), kind, Words(en, fr), place.endswith("*"), MappingProxyType(options or {}))


TYPES: Mapping[str, Words] = {
    Category.INCITE.value: Words(
        "incites to terrorist offences, for instance by glorifying them, so that they may be committed",
        "incite à commettre des infractions terroristes, par exemple en les glorifiant, au risque qu'elles soient commises",
    ),
    Category.SOLICIT_OFFENCE.value: Words(
        "solicits somebody to commit a terrorist offence or to contribute to one",
        "sollicite une personne ou un groupe pour commettre une infraction terroriste ou y contribuer",
    ),
    Category.SOLICIT_GROUP.value: Words(
        "solicits somebody to take part in the activities of a terrorist group",
        "sollicite une personne ou un groupe pour participer aux activités d'un groupe terroriste",
    ),
    Category.INSTRUCT.value: Words(
        "instructs in explosives, firearms, other weapons, noxious substances or other methods for terrorist offences",
        "instruit sur des explosifs, armes, substances nocives ou autres méthodes aux fins d'infractions terroristes",
    ),
    Category.THREAT.value: Words("threatens to commit a terrorist offence", "menace de commettre une infraction terroriste"),
}
AUTHORITIES: Mapping[str, Words] = {
    "judicial": Words("judge, court or investigating judge", "juge, juridiction ou juge d'instruction"),
    "law_enforcement": Words("law enforcement authority", "autorité répressive"),
    "other": Words("other competent authority (section F is needed too)", "autre autorité compétente (remplir aussi la section F)"),
}
UNITS: Mapping[str, Words] = {"days": Words("days", "jours"), "months": Words("months", "mois")}
MEASURES: Mapping[str, Words] = {
    "removed": Words("the content was removed", "le contenu a été retiré"),
    "disabled_all_ms": Words("access was disabled in all Member States", "l'accès a été bloqué dans tous les États membres"),
}
OBSTACLES: Mapping[str, Words] = {
    "force_majeure": Words(
        "force majeure or impossibility not due to the provider, objective technical or operational reasons included",
        "force majeure ou impossibilité non imputable au fournisseur, raisons techniques ou opérationnelles objectives comprises",
    ),
    "manifest_errors": Words("manifest errors in the order", "erreurs manifestes dans l'injonction"),
    "insufficient_info": Words("not enough information to execute the order", "informations insuffisantes pour exécuter l'injonction"),
}

ANNEX_I = _annex(
    ORDER,
    "I",
    Words("Removal order", "Injonction de retrait"),
    {
        "A": Words("Order and addressee", "Injonction et destinataire"),
        "B": Words("Terrorist content to be removed or disabled", "Contenu à caractère terroriste à retirer ou à bloquer"),
        "C": Words("Information to the content provider", "Information du fournisseur de contenus"),
        "D": Words("Authority of the provider's Member State", "Autorité de l'État membre du fournisseur"),
        "E": Words("Issuing authority", "Autorité d'émission"),
        "F": Words("Contact for feedback", "Contact pour le suivi"),
        "G": Words("Redress", "Voies de recours"),
    },
    _field("A*", "issuing_member_state", Kind.EU_STATE, "Member State of the issuing authority", "État membre de l'autorité d'émission"),
    _field(
        "A*",
        "addressee",
        Kind.TEXT,
        "Addressee and, where relevant, legal representative",
        "Destinataire et, s'il y a lieu, représentant légal",
    ),
    _field("A*", "contact_point", Kind.CONTACT, "Contact point (e-mail or web address)", "Point de contact (courriel ou adresse web)"),
    _field(
        "A*",
        "addressee_member_state",
        Kind.STATE,
        "State of the main establishment or legal representative",
        "État de l'établissement principal ou du représentant légal",
    ),
    _field("A*", "issued_at", Kind.INSTANT, "Time and date of issuing", "Heure et date d'émission"),
    _field("A*", "reference_number", Kind.TEXT, "Reference number of the order", "Numéro de référence de l'injonction"),
    _field("B*", "urls", Kind.URLS, "Exact URL of the content", "URL exacte du contenu"),
    _field("B", "locator_notes", Kind.LONG, "Further data to find it", "Autres données pour le localiser"),
    _field("B*", "reasons_types", Kind.CHOICES, "The material (Art. 2(7))", "Le matériel (art. 2, point 7)", TYPES),
    _field("B*", "reasons_text", Kind.LONG, "Why it is terrorist content", "Pourquoi il s'agit d'un contenu à caractère terroriste"),
    _field(
        "C",
        "nondisclosure",
        Kind.FLAG,
        "For reasons of public security, the addressee must not inform the content provider of the measure",
        "Pour des raisons de sécurité publique, le destinataire s'abstient d'informer le fournisseur de contenus de la mesure",
    ),
    _field(
        "D",
        "is_cross_border",
        Kind.FLAG,
        "The addressee's State is not the State of the issuing authority",
        "L'État du destinataire n'est pas celui de l'autorité d'émission",
    ),
    _field(
        "D",
        "copy_sent_to_hsp_state",
        Kind.FLAG,
        "A copy of the order goes to the competent authority of the addressee's State",
        "Une copie de l'injonction est transmise à l'autorité compétente de l'État du destinataire",
    ),
    _field("E*", "authority_type", Kind.CHOICE, "Type of authority", "Type d'autorité", AUTHORITIES),
    _field("E*", "authority_name", Kind.TEXT, "Name of the authority", "Nom de l'autorité"),
    _field("E*", "representative_name", Kind.TEXT, "Name of its representative", "Nom de son représentant"),
    _field("E", "post_title_grade", Kind.TEXT, "Post (title, grade)", "Fonction (titre, grade)"),
    _field("E", "file_no", Kind.TEXT, "File number", "Numéro de dossier"),
    _field("E", "address", Kind.LONG, "Address", "Adresse"),
    _field("E", "phone", Kind.PHONE, "Telephone (with country code)", "Téléphone (avec indicatif du pays)"),
    _field("E", "fax", Kind.PHONE, "Fax (with country code)", "Télécopie (avec indicatif du pays)"),
    _field("E*", "email", Kind.EMAIL, "E-mail", "Courriel"),
    _field("E*", "date", Kind.DAY, "Date", "Date"),
    _field("E", "stamp", Kind.TEXT, "Official stamp, if available", "Cachet officiel, le cas échéant"),
    _field("E", "signature", Kind.TEXT, "Signature (electronic)", "Signature (électronique)"),
    _field(
        "F",
        "followup_contact",
        Kind.LONG,
        "Issuing authority: where to report the time of the measure or ask for clarification",
        "Autorité d'émission : où signaler l'heure de la mesure ou demander des précisions",
    ),
    _field(
        "F",
        "hsp_state_authority_contact",
        Kind.LONG,
        "Competent authority of the addressee's State",
        "Autorité compétente de l'État du destinataire",
    ),
    _field("G", "redress_body", Kind.TEXT, "Body or court before which the order can be challenged", "Instance ou juridiction de recours"),
    _field("G", "redress_deadline", Kind.NUMBER, "Time limit for the challenge", "Délai de recours"),
    _field("G", "redress_deadline_unit", Kind.CHOICE, "Unit of the time limit", "Unité du délai", UNITS),
    _field("G", "redress_deadline_start", Kind.TEXT, "Time limit runs from", "Le délai court à compter de"),
    _field("G", "redress_law_link", Kind.URI, "Provisions of national law (web address)", "Dispositions du droit national (adresse web)"),
)

_PARTIES = (
    _field("A*", "addressee", Kind.TEXT, "Addressee of the order", "Destinataire de l'injonction"),
    _field("A*", "issuing_authority", Kind.TEXT, "Authority that issued the order", "Autorité ayant émis l'injonction"),
    _field("A*", "file_ref_authority", Kind.TEXT, "File reference of the authority", "Référence du dossier de l'autorité"),
    _field("A", "file_ref_addressee", Kind.TEXT, "File reference of the addressee", "Référence du dossier du destinataire"),
    _field("A*", "order_received_at", Kind.INSTANT, "Time and date of receipt of the order", "Heure et date de réception de l'injonction"),
)
_ANSWERING = (
    _field(
        "C*", "hsp_or_legal_rep_name", Kind.TEXT, "Hosting service provider or legal representative", "Fournisseur ou représentant légal"
    ),
    _field("C*", "authorised_person", Kind.TEXT, "Authorised person", "Personne habilitée"),
    _field("C*", "contact_email", Kind.EMAIL, "E-mail", "Courriel"),
)
_PARTIES_TITLE, _ANSWERING_TITLE = Words("Order", "Injonction"), Words("Who answers", "Auteur de la réponse")

ANNEX_II = _annex(
    AnswerKind.DONE.value,
    "II",
    Words("Feedback after removal or disabling", "Retour d'information après retrait ou blocage"),
    {"A": _PARTIES_TITLE, "B": Words("Measure taken", "Mesure prise"), "C": _ANSWERING_TITLE},
    *_PARTIES,
    _field("B*", "measure", Kind.CHOICE, "Measure", "Mesure", MEASURES),
    _field("B*", "measure_at", Kind.INSTANT, "Time and date of the measure", "Heure et date de la mesure"),
    *_ANSWERING,
    _field("C", "member_state", Kind.STATE, "State of the provider or representative", "État du fournisseur ou du représentant"),
    _field("C*", "date", Kind.DAY, "Date", "Date"),
)
ANNEX_III = _annex(
    AnswerKind.IMPOSSIBLE.value,
    "III",
    Words("The order cannot be executed", "Impossibilité d'exécuter l'injonction"),
    {"A": _PARTIES_TITLE, "B": Words("Reasons", "Motifs"), "C": _ANSWERING_TITLE},
    *_PARTIES,
    _field("B*", "non_execution_reasons", Kind.CHOICES, "Reasons", "Motifs", OBSTACLES),
    _field("B*", "further_information", Kind.LONG, "Explanation of the reasons", "Explication des motifs"),
    _field(
        "B",
        "errors_and_clarification_needed",
        Kind.LONG,
        "The errors, and the information or clarification needed",
        "Les erreurs, et les informations ou précisions nécessaires",
    ),
    *_ANSWERING,
    _field("C", "signature", Kind.TEXT, "Signature", "Signature"),
    _field("C*", "submitted_at", Kind.INSTANT, "Time and date of submission", "Heure et date de transmission"),
)
ANNEXES: Mapping[str, Annex] = MappingProxyType({annex.key: annex for annex in (ANNEX_I, ANNEX_II, ANNEX_III)})
