"""Users of user pools: moto's, with invitations that are sent again, and the limit of Cognito's own mail service."""

from collections import Counter
from threading import Lock

from moto.cognitoidp.models import UserStatus, cognitoidp_backends
from moto.core.utils import utcnow

from .errors import refuse
from .forward import moto

# "Email settings for Amazon Cognito user pools": mails a day that an account gets from Cognito's own mail service.
# https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html
DAILY_MAILS = 50
# Every run is within one day.
MAILS: Counter = Counter()
LOCK = Lock()


def pool_of(context, request):
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(request["UserPoolId"])
    if pool is None:
        raise refuse("ResourceNotFoundException", f"User pool {request['UserPoolId']} does not exist.")
    return pool


def check_mail(context, pool) -> None:
    account = (pool.extended_config.get("EmailConfiguration") or {}).get("EmailSendingAccount", "COGNITO_DEFAULT")
    if account == "COGNITO_DEFAULT" and MAILS[context.account_id] >= DAILY_MAILS:
        raise refuse(
            "LimitExceededException",
            "Exceeded daily email limit for the operation or the account. If a higher limit is required, please configure your user "
            "pool to use your own Amazon SES configuration for sending email.",
        )


def resend(context, request, pool):
    """moto makes a second user."""
    # API reference of AdminCreateUser, MessageAction: "RESEND to resend the invitation message to a user that already exists, and to
    # reset the temporary-password duration"; errors: UserNotFoundException, UnsupportedUserStateException.
    if "email" in (pool.extended_config.get("UsernameAttributes") or []) and "@" not in request["Username"]:
        raise refuse("InvalidParameterException", "Username should be an email.")
    user = pool._get_user(request["Username"])
    if user is None:
        raise refuse("UserNotFoundException", "User does not exist.")
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
    if action == "RESEND":
        return resend(context, request, pool)
    if pool._get_user(request["Username"]) is not None:
        raise refuse("UsernameExistsException", "User account already exists")
    if action == "SUPPRESS":
        return moto(context, request)
    # Of two invitations at once, both would take the last mail.
    with LOCK:
        check_mail(context, pool)
        answer = moto(context, request)
        MAILS[context.account_id] += 1
    return answer


def touched(context, request):
    """A user is changed by being enabled or disabled."""
    answer = moto(context, request)
    user = pool_of(context, request)._get_user(request["Username"])
    user.last_modified_date = utcnow()
    return answer


OPERATIONS = {"AdminCreateUser": create, "AdminDisableUser": touched, "AdminEnableUser": touched}
