"""What the clients that stand on ``requests`` have in common: one try, and one kind of error."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from repro.errors import SettingsError, TicketBusyError, TicketError
from repro.ticket.trouble import refused, retry_after

if TYPE_CHECKING:
    import requests

    from repro.settings import TicketSettings

#: Comments of one ticket that are looked through for ours, the newest ones where that can be told.
MOST_COMMENTS = 2_000
#: Comments that a draft is made from.
READ_COMMENTS = 200


def require(library: str) -> None:
    """Raises SettingsError where a system's client library is not installed."""
    if importlib.util.find_spec(library) is None:
        raise SettingsError(
            f"the client library {library} is not installed",
            action="install it: `pip install 'repro-cases[tickets]'`",
        )


class Refused(Exception):
    """An answer with a status of 400 or more, before a client gets to wait or to try again."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP status {response.status_code}")
        self.response = response


def one_try(verify: str | bool) -> requests.Session:
    """A session that raises Refused by itself, and trusts the CA that it was told."""
    import requests
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """``requests`` takes the CA of REQUESTS_CA_BUNDLE before that of a session."""

        def send(self, *args: Any, **options: Any) -> requests.Response:
            return super().send(*args, **{**options, "verify": verify})

    def check(response: requests.Response, *_: Any, **__: Any) -> None:
        if response.status_code >= 400:
            raise Refused(response)
        if response.is_redirect and response.request.method != "GET":
            response.close()
            # It would be asked again as a GET, whose answer looks like success.
            raise requests.TooManyRedirects("it redirects what is sent to it", response=response)

    session = requests.Session()
    session.mount("https://", Adapter())
    session.hooks["response"].append(check)
    return session


@contextmanager
def asking(what: str, hide: Callable[[str], str]) -> Iterator[None]:
    """Turns what goes wrong inside into an error of ours; ``hide`` takes the token out of it."""
    import requests

    try:
        yield
    except Refused as error:
        raise of_response(error.response, what, hide) from None
    except (requests.JSONDecodeError, requests.TooManyRedirects) as error:
        raise TicketError(
            what,
            cause=f"the answer cannot be understood: {hide(str(error))}",
            action="check `url` in the settings, https or http included",
        ) from None
    except requests.exceptions.SSLError as error:
        raise TicketBusyError(
            what,
            cause=hide(_reason(error)),
            action="name the CA that the server's certificate is of: `ca_bundle` in the settings",
        ) from None
    except requests.RequestException as error:
        raise refused(None, what, detail=hide(_reason(error))) from None


def of_response(response: requests.Response, what: str, hide: Callable[[str], str]) -> TicketError:
    """The error for an answer that is a refusal."""
    after = retry_after(response.headers.get("Retry-After"))
    return refused(response.status_code, what, detail=hide(response.text[:2_000]), after=after)


def address(settings: TicketSettings, kind: str) -> str:
    """The system's address without a slash at its end.  Raises SettingsError."""
    url = (settings.url or "").rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise SettingsError(
            f"a {kind} needs `url` in `tickets` of the settings, with https://",
            cause=f"it is {settings.url!r}",
        )
    return url


def _reason(error: requests.RequestException) -> str:
    """The reason that lies deepest; those above it repeat it with addresses of objects."""
    import requests

    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    deepest: BaseException = error
    while (inner := _inner(deepest)) is not None:
        deepest = inner
    return str(deepest).rpartition(">: ")[2] or type(deepest).__name__


def _inner(error: BaseException) -> BaseException | None:
    """What an error of ``urllib3`` or ``requests`` was made of."""
    told = (getattr(error, "reason", None), *error.args)
    return next((each for each in told if isinstance(each, BaseException)), None)
