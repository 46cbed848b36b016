from collections.abc import Callable
from typing import Any as Any
from typing import TypeAlias, TypeVar

_F = TypeVar("_F", bound=Callable[..., object])

def viper(function: _F) -> _F: ...
def native(function: _F) -> _F: ...
def const(value: int) -> int: ...

ptr8: TypeAlias = Any
