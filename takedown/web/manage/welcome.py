"""The page behind the link with which somebody chooses a password."""

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from takedown import administration
from takedown.administration.people import TOKENS
from takedown.models import User
from takedown.peer import address_text
from takedown.verdicts import database_now


class Welcome(PasswordResetConfirmView):
    """Django's, which keeps the token out of the address once it is open; with our tokens, our record, and nobody signed in by it."""

    template_name = "manage/welcome.html"
    token_generator = TOKENS
    reset_url_token = "choose"  # noqa: S105  the last part of the address, in the place of the token

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        administration.choose_password(
            person=form.user, password=form.cleaned_data["new_password1"], now=database_now(), address=address_text(self.request)
        )
        self.request.session.flush()
        messages.success(self.request, "Your password is set. Sign in with it.")
        return redirect("sign-in")


page = never_cache(Welcome.as_view())
