"""Fields that several of these forms have."""

from ipaddress import ip_network
from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

MOST_NETWORKS = 20


class NetworksField(forms.CharField):
    """Networks in CIDR notation, one a line; gives a list of them as they are usually written."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false"})
        super().__init__(required=False, max_length=2000, widget=widget, **kwargs)

    def clean(self, value: Any) -> list[str]:
        networks = []
        for text in str(super().clean(value)).replace(",", " ").split():
            try:
                networks.append(str(ip_network(text)))
            except ValueError:
                raise forms.ValidationError(f"{text[:60]} is no network. Write it as 192.0.2.0/24 or 2001:db8::/32.") from None
        if len(networks) > MOST_NETWORKS:
            raise forms.ValidationError(f"At most {MOST_NETWORKS} networks.")
        return list(dict.fromkeys(networks))


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}), help_text="It stays on record.")


class PersonForm(forms.Form):
    """Who somebody is."""

    display_name = forms.CharField(label="Name", max_length=100, help_text="As colleagues see it; it may be a pseudonym.")
    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text="For signing in.",
    )
    email = forms.EmailField(label="E-mail", required=False)
