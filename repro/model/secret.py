"""Values that a case marks as secret: they are used, and never written down.

A ``Secret`` is a text like any other to all that uses it.  It is written as the case wrote it, so
that a case with secrets can be written as a case; ``Secrets`` reveals them for a run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    Tag,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from repro.model.base import EnvName, Frozen, Scalar, resolve

T = TypeVar("T")

#: A shorter value would be found, and replaced, where something else is meant.
MIN_SECRET = 4
_KEYS = {"value", "env", "secret"}


class SecretValue(Frozen):
    """A secret as a case file writes it: its value, or where this machine has it."""

    value: Annotated[str, Field(min_length=MIN_SECRET)] | None = None
    env: EnvName | None = None
    secret: bool

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.value is None) == (self.env is None):
            raise ValueError("should have either value or env")
        if not self.secret:
            raise ValueError("is marked as no secret; write the value alone then")
        return self


class Secret(str):
    """A secret's value.  ``env`` names the variable that holds it, until it is revealed."""

    __slots__ = ("env",)
    env: str | None

    def __new__(cls, value: str, env: str | None = None) -> Self:
        """A value, or the name of its variable in place of it."""
        made = super().__new__(cls, value if env is None else f"${env}")
        made.env = env
        return made

    def __repr__(self) -> str:
        return "<secret>"


class OrSecret:
    """Of a text: it may be written as a ``SecretValue`` too."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(_written)
        either = handler.generate_schema(_Either)
        return core_schema.no_info_after_validator_function(_read, either, serialization=written)


_Either = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretValue, Tag("secret")],
    Discriminator(lambda value: "secret" if isinstance(value, dict | SecretValue) else "text"),
]
#: A text that may be marked as secret.
MaySecret = Annotated[str, OrSecret()]


def _read(value: str | SecretValue) -> str:
    return value if isinstance(value, str) else Secret(value.value or "", value.env)


def _written(value: Any) -> Any:
    """As a case writes it."""
    if isinstance(value, Secret):
        return {"env": value.env, "secret": True} if value.env else _marked(value)
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, list | tuple) else value


def _marked(value: str) -> dict[str, Any]:
    return {"value": str(value), "secret": True}


def _variable(value: Any) -> Any:
    """A variable of a playbook: anything; a secret at any depth of it."""
    if isinstance(value, Secret):
        return value
    if isinstance(value, list | tuple):
        return [_variable(item) for item in value]
    if not isinstance(value, dict):
        return resolve(value)
    if "secret" not in value or not value.keys() <= _KEYS or not _is_true(value["secret"]):
        return {str(key): _variable(item) for key, item in value.items()}
    secret, variable = value.get("value"), value.get("env")
    if (secret is None) == (variable is None):
        raise ValueError("a secret should have either value or env")
    if secret is not None and (not isinstance(secret, str) or len(secret) < MIN_SECRET):
        raise ValueError(f"a secret should have at least {MIN_SECRET} characters")
    return Secret(str(secret or ""), None if variable is None else str(variable))


def _is_true(value: Any) -> bool:
    return resolve(value) is True if isinstance(value, Scalar) else value is True


#: A variable of a playbook.
Variable = Annotated[Any, BeforeValidator(_variable), PlainSerializer(_written)]


#: What stands for a secret in a case that was recorded.
REDACTED = "[redacted]"


@dataclass
class Secrets:
    """What was found while a case was revealed.  ``unset``: variables that hold no secret."""

    environ: Mapping[str, str]
    values: list[str] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)

    def reveal(self, value: T) -> T:
        """The value with its secrets as plain text."""
        return cast("T", self._revealed(value))

    def _revealed(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return self._plain(value)
        if isinstance(value, dict):
            return {key: self._revealed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self._revealed, value))
        return self._model(value) if isinstance(value, BaseModel) else value

    def _plain(self, secret: Secret) -> str:
        plain = str(secret) if secret.env is None else self.environ.get(secret.env, "")
        if len(plain) >= MIN_SECRET:
            self.values.append(plain)
        elif secret.env is not None:
            self.unset.append(secret.env)
        return plain

    def _model(self, model: BaseModel) -> BaseModel:
        changed = {name: self._revealed(getattr(model, name)) for name in model.model_fields_set}
        if getattr(model, "secret", False):
            self.values += filter(None, (getattr(model, key, None) for key in ("content", "send")))
        return model.model_copy(update=changed) if changed else model
