"""What went wrong with a download, in words; no address with a key in it, and no token, is ever in them."""

import errno
import http
import re

from ..shared.errors import UserError
from ..shared.model_catalogue import Model, Web
from .metering import size_text

_ACCOUNT = (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN)
_GONE = (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE)


def refused(model: Model, details: str, status: int = 0) -> UserError:
    """The server gives no file, or another one."""
    if status in _ACCOUNT and isinstance(model.source, Web) and model.source.needs_token:
        return licence_first(model, details)
    if status in _GONE:
        return UserError(
            f"{model.name} is no longer where it was, at {model.source.title}.", "Update SV3D and try again.", details
        )
    return UserError(
        f"{model.source.title} does not give {model.name}.",
        "Try again later; if a network asks for a login in the browser, do that first.",
        details,
    )


def licence_first(model: Model, details: str = "") -> UserError:
    """Whose token is missing, wrong, or of an account that has not accepted the licence."""
    return UserError(
        f"{model.name} is given only to accounts that have accepted its licence.",
        f"Accept it at {model.licence_url}, make a token for reading at huggingface.co/settings/tokens, and give that "
        "(on the command line with --token-stdin).",
        details,
    )


def too_busy(model: Model, status: int) -> UserError:
    return UserError(
        f"{model.source.title} is too busy.", "Try again in some minutes; what has come is kept.", f"status {status}"
    )


def interrupted(model: Model, host: str, done: int, cause: BaseException) -> UserError:
    """No network, or none any more."""
    kept = f"; {size_text(done)} have come and are kept" if done else ""
    return UserError(
        f"{host} cannot be reached{kept}.",
        f"Check the connection to the internet, and the proxy if there is one, then get {model.name} again.",
        without_keys(f"{type(cause).__name__}: {cause}"),
    )


def untrusted(host: str, cause: BaseException) -> UserError:
    return UserError(
        f"The connection to {host} is not secure: its certificate is not one that this computer trusts.",
        "Check the computer's clock.  If your network has a certificate of its own, name its file in SSL_CERT_FILE.",
        str(cause),
    )


def wrong_file(model: Model, found: str, expected: str) -> UserError:
    """What came has another hash than it has to have."""
    again = f"Get {model.name} again."
    if model.sha256 is None:
        again += f" If its makers have changed the file, remove {model.name} first."
    return UserError(
        f"What came is not {model.name}: it was damaged on its way, or it is another file.",
        again,
        f"SHA-256 {found}, expected {expected}",
    )


def disk_failed(model: Model, error: OSError) -> UserError:
    """The disk is full, or the folder may not be written."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return UserError("The disk became full.", f"Free some space and get {model.name} again.", str(error))
    return UserError(
        f"{error.filename or model.path.parent} could not be written or read.",
        "Check that you may write to that folder and that no other program has the file open, or choose another "
        "folder for models and engine.",
        str(error),
    )


def without_keys(text: str) -> str:
    """Without names and passwords in addresses, and without what follows their question mark."""
    text = re.sub(r"(\w://)[^/@\s]*@", r"\1…@", text)
    return re.sub(r"(\w://[^\s?'\"]*)\?[^\s'\"]*", r"\1?…", text)
