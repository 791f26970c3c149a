"""Users of user pools: moto, plus resent invitations, and the limit of Cognito's own email service."""

from collections import Counter
from threading import Lock

from moto.cognitoidp.models import UserStatus, cognitoidp_backends
from moto.core.utils import utcnow

from .errors import refuse
from .forward import moto

# Emails a day that Cognito's own email service sends for an account.
DAILY_MAILS = 50
# The counter never resets, because a test run is shorter than a day.
MAILS: Counter = Counter()
LOCK = Lock()


def pool_of(context, request):
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(request["UserPoolId"])
    # Rule: cognito.missing-pool
    if pool is None:
        raise refuse("ResourceNotFoundException", f"User pool {request['UserPoolId']} does not exist.")
    return pool


def check_mail(context, pool) -> None:
    account = (pool.extended_config.get("EmailConfiguration") or {}).get("EmailSendingAccount", "COGNITO_DEFAULT")
    # Rule: cognito.daily-emails
    if account == "COGNITO_DEFAULT" and MAILS[context.account_id] >= DAILY_MAILS:
        raise refuse(
            "LimitExceededException",
            "Exceeded daily email limit for the operation or the account. If a higher limit is required, please configure your user "
            "pool to use your own Amazon SES configuration for sending email.",
        )


def resend(context, request, pool):
    """Sends the invitation of an existing user again."""
    # Rule: cognito.email-as-username
    if "email" in (pool.extended_config.get("UsernameAttributes") or []) and "@" not in request["Username"]:
        raise refuse("InvalidParameterException", "Username should be an email.")
    user = pool._get_user(request["Username"])
    # Rule: cognito.resend-missing-user
    if user is None:
        raise refuse("UserNotFoundException", "User does not exist.")
    # Rule: cognito.resend-unconfirmed-only
    if user.status != UserStatus.FORCE_CHANGE_PASSWORD:
        raise refuse("UnsupportedUserStateException", "Resend not possible. User status is not FORCE_CHANGE_PASSWORD")
    with LOCK:
        check_mail(context, pool)
        MAILS[context.account_id] += 1
    user.last_modified_date = utcnow()
    return {"User": user.to_json(extended=True)}


def create(context, request):
    pool = pool_of(context, request)
    action = request.get("MessageAction")
    # Rule: cognito.resend-keeps-user
    if action == "RESEND":
        return resend(context, request, pool)
    if action == "SUPPRESS":
        return moto(context, request)
    # Two concurrent invitations must not both take the last email.
    with LOCK:
        check_mail(context, pool)
        answer = moto(context, request)
        MAILS[context.account_id] += 1
    return answer


def touched(context, request):
    """Sets the modification date of a user that is enabled or disabled."""
    # Rule: cognito.user-modified
    answer = moto(context, request)
    user = pool_of(context, request)._get_user(request["Username"])
    user.last_modified_date = utcnow()
    return answer


OPERATIONS = {"AdminCreateUser": create, "AdminDisableUser": touched, "AdminEnableUser": touched}
