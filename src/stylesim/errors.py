"""Every error that stylesim raises on purpose.

All of them carry their data as fields, pickle, and read as one sentence: the
argument, what was expected, what came, and what to do:

    StyleSimError
    ├── InvalidArgumentError (also a ValueError)
    │   ├── ImageError              a picture that cannot be used
    │   ├── StyleTargetError        the classes of a style do not fit together
    │   └── ProductError            a product record that cannot be used
    ├── NotFittedError              the model has not learned a style yet
    ├── NotFoundError (also a KeyError)   no such garment, class or product
    ├── StorageError                a path that cannot be read or written
    │   └── DamagedFileError        a bundle, wardrobe or checkpoint that is not whole
    │       ├── NewerVersionError   written by a newer stylesim
    │       └── UnsafeFileError     a file that asks to run code
    ├── MissingExtraError (also an ImportError)   an optional package is absent
    └── ProviderError               a shop or catalogue did not answer well

Beside them stands one tree of warnings:

    StyleSimWarning (a UserWarning)
    ├── SkippedImageWarning         pictures of a folder that could not be used
    ├── SkippedProductWarning       rows of a catalogue that could not be used
    └── StyleTargetWarning          a style was learned from photographs that do not suit it
"""

from __future__ import annotations

from typing import Any


class StyleSimError(Exception):
    """Root of every error raised by stylesim on purpose.

    Args:
        message: One sentence for people.
        **details: The data behind the sentence, kept in ``details``.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.details)


def _rebuild(kind: type[StyleSimError], message: str, details: dict[str, Any]) -> StyleSimError:
    return kind(message, **details)


class InvalidArgumentError(StyleSimError, ValueError):
    """An argument is of the wrong kind or outside its range."""


class ImageError(InvalidArgumentError):
    """A picture cannot be read, is too large, or holds nothing."""


class StyleTargetError(InvalidArgumentError):
    """The classes of a style do not fit together."""


class ProductError(InvalidArgumentError):
    """A product record cannot be used."""


class NotFittedError(StyleSimError):
    """The model has not learned a style yet: call ``fit`` or ``load`` first."""


class NotFoundError(StyleSimError, KeyError):
    """There is no garment, class or product of that name."""


class StorageError(StyleSimError):
    """A path cannot be read or written."""


class DamagedFileError(StorageError):
    """A file is not whole, or not of the expected kind."""


class NewerVersionError(DamagedFileError):
    """A file was written by a newer stylesim."""


class UnsafeFileError(DamagedFileError):
    """A file asks to run code while it is read, and was refused."""


class MissingExtraError(StyleSimError, ImportError):
    """An optional package is not installed."""


class ProviderError(StyleSimError):
    """A shop or catalogue did not answer, or answered with nonsense."""


class StyleSimWarning(UserWarning):
    """Root of every warning that stylesim gives.

    Examples:
        >>> import warnings
        >>> warnings.filterwarnings("ignore", category=StyleSimWarning)  # doctest: +SKIP
        >>> issubclass(StyleSimWarning, UserWarning)
        True
    """


class StyleTargetWarning(StyleSimWarning):
    """A style was learned, but its photographs do not suit it: see ``StyleTarget.check``.

    Examples:
        >>> issubclass(StyleTargetWarning, StyleSimWarning)
        True
    """


def expected(
    argument: str,
    wanted: str,
    got: object,
    todo: str,
    kind: type[StyleSimError] = InvalidArgumentError,
) -> StyleSimError:
    """Build an error in the house form: argument, expected, came, what to do.

    Args:
        argument: Name of the argument, as the caller wrote it.
        wanted: What it should have been.
        got: What came; text stands as it is, anything else is shown by ``repr``.
        todo: What the caller can do about it.
        kind: Class of the error.

    Returns:
        The error, not raised.

    Examples:
        >>> str(expected("epochs", "a whole number of at least 1", 0, "pass epochs=20"))
        'epochs: expected a whole number of at least 1, got 0; pass epochs=20.'
    """
    try:
        shown = got if isinstance(got, str) else repr(got)
    except ValueError:  # Python writes no number of thousands of digits
        shown = f"a huge {type(got).__name__}"
    if len(shown) > 300:
        shown = shown[:150] + "..." + shown[-147:]
    return kind(
        f"{argument}: expected {wanted}, got {shown}; {todo}.",
        argument=argument,
        expected=wanted,
        got=shown,
        todo=todo,
    )
