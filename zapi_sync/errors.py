"""What can be wrong, as values: the Diagnostic, and the one exception tree with its exit codes.

ZapiSyncError            1    one or more Diagnostics, ready to be shown
├── ConfigInvalid        1    the config cannot be read, or says something that cannot be
├── CredentialsInvalid   1    the environment lacks a credential, or holds one that cannot be
├── StateInvalid         1    the state or its journal is corrupt, newer, or of another remote
├── StateUnwritable      1    the state or its journal cannot be written
│   └── StateLost        1    another process has the lock by now
├── StateLocked          1    another process is writing
├── RemoteUnavailable    1    the API gave no usable answer to a look-up
├── SavedPlanInvalid     1    a saved plan cannot be used, or not be written
├── SavedPlanStale       1    a saved plan is not what would be planned now
├── NotApproved          1    the person at the terminal did not say yes
├── OutputLost           1    the result of a command cannot be written
├── ScaffoldUnwritable   1    a file of a new repository cannot be written
└── UsageError          64    the command line does not make sense
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from zapi_sync.dataclass import dataclass
from zapi_sync.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """The exit codes, frozen from the first release (docs/exit-codes.md)."""

    DONE = 0
    ERROR = 1
    SOMETHING_TO_CREATE = 2
    RUN_AGAIN_LATER = 3
    UNSETTLED = 4
    USAGE = 64
    INTERRUPTED = 130


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """What kind of complaint it is: stable from the first release, each with a section in docs/errors.md."""

    summary: str

    def __new__(cls, number: str, summary: str) -> Self:
        member = str.__new__(cls, number)
        member._value_ = number
        member.summary = summary
        return member

    # ZS1xx: the config
    CONFIG_UNREADABLE = "ZS101", "the config cannot be read"
    NOT_UTF8 = "ZS102", "the config is not UTF-8 text"
    NOT_YAML = "ZS103", "the config is not YAML"
    BEYOND_BOUNDS = "ZS104", "the config is larger or deeper than it may be"
    SEVERAL_DOCUMENTS = "ZS105", "several YAML documents in one file"
    REPEATED_KEY = "ZS106", "a key written twice"
    ALIAS_OF_NOTHING = "ZS107", "an alias that stands for nothing"
    TAG = "ZS108", "a YAML tag"
    MERGE_OF_NO_MAPPING = "ZS109", "a merge of what is no mapping"
    KEY_NOT_TEXT = "ZS110", "a key that is no text"
    NO_GROUPS_FILE = "ZS111", "a file without groups"
    UNKNOWN_ATTRIBUTE = "ZS112", "an unknown attribute"
    MISSING_ATTRIBUTE = "ZS113", "a missing attribute"
    WRONG_VALUE = "ZS114", "a value that cannot be"
    IMPOSSIBLE_KEY = "ZS115", "a key that no group can have"
    GROUP_TWICE = "ZS116", "a group written twice"
    PACING_TWICE = "ZS117", "two paces"
    INSTANCES_CLASH = "ZS118", "two instances that read the same variables"
    INSTANCE_MISSPELT = "ZS119", "an instance that looks misspelt"
    PACE_OF_NO_INSTANCE = "ZS120", "a pace for an instance that no group is on"
    NAME_UNUSABLE = "ZS121", "a groupName that is blank or breaks lines"
    NAME_DISGUISED = "ZS122", "a groupName that changes how it is read"
    NAME_TOO_LONG = "ZS123", "a groupName that is too long"
    NAME_TWICE = "ZS124", "a groupName wanted twice"
    NAME_WITH_BORDERS = "ZS125", "a groupName that begins or ends with a blank"
    NAME_WITH_INVISIBLES = "ZS126", "a groupName with characters that nobody sees"
    NO_PARTICIPANTS = "ZS131", "a group without participants"
    NOT_A_PHONE = "ZS132", "what is no phone number"
    PHONE_TWICE = "ZS133", "a participant written twice"
    LID = "ZS134", "an @lid among the phones"
    PHONE_IMPOSSIBLE = "ZS135", "a phone number that nobody can have"
    NINTH_DIGIT = "ZS136", "a Brazilian mobile without its ninth digit"
    TOO_MANY_PARTICIPANTS = "ZS137", "more participants than WhatsApp takes"
    AREA_FOR_COUNTRY = "ZS138", "a Brazilian area that is a country's code"
    OWN_NUMBER = "ZS139", "the connected number among the phones"
    MOVED_IN_A_CIRCLE = "ZS141", "keys that are moved in a circle"
    MOVED_TWICE = "ZS142", "a key moved twice, or two moved to one"
    MOVED_AND_WANTED = "ZS143", "a key that is moved and still stands in the config"
    MOVED_TO_NOTHING = "ZS144", "a key moved to one that the config does not have"
    MOVED_TO_ITSELF = "ZS145", "a key moved to itself"
    NO_RANGE = "ZS151", "a range that cannot be"
    NAME_WITHOUT_NUMBER = "ZS152", "a groupName that the groups of a range would share"
    NO_SUCH_NAME = "ZS153", "a name that is nobody's"
    CALLED_TWICE = "ZS154", "a name for two"
    TEAM_IN_ITSELF = "ZS155", "a team that is part of itself"
    CSV_UNREADABLE = "ZS156", "a CSV file that cannot be read"
    NO_CSV = "ZS157", "what is no CSV"
    NO_SUCH_COLUMN = "ZS158", "a column that a CSV file does not have"
    NO_RECIPIENT = "ZS161", "a recipient that is none"
    RECIPIENTS_TWICE = "ZS162", "two lists of recipients"
    MORE_MISTAKES = "ZS199", "more mistakes than are told"
    # ZS2xx: the state and its journal
    STATE_UNREADABLE = "ZS201", "the state cannot be read"
    STATE_NO_FILE = "ZS202", "the state is no regular file"
    STATE_CORRUPT = "ZS203", "the state cannot be used"
    STATE_NEWER = "ZS204", "the state is of a newer version"
    STATE_GONE = "ZS205", "the state is gone"
    JOURNAL_BROKEN = "ZS206", "the journal cannot be used"
    JOURNAL_OF_ANOTHER_STATE = "ZS207", "the journal does not fit the state"
    STATE_OF_ANOTHER_REMOTE = "ZS208", "the state speaks of another API"
    STATE_OF_ANOTHER_INSTANCE = "ZS209", "the state speaks of another instance"
    STATE_UNWRITABLE = "ZS210", "the state cannot be written"
    STATE_LOCKED = "ZS211", "another zapi-sync is at work"
    NO_LOCKS = "ZS212", "a filesystem without locks"
    KEY_IN_STATE = "ZS213", "a key that is in the state already"
    NOT_UNSETTLED = "ZS214", "a key that is not unsettled"
    GROUP_OF_ANOTHER_KEY = "ZS215", "a group that another key stands for"
    STATE_OPEN_TO_OTHERS = "ZS216", "a state that everybody can change"
    WHICH_STATE = "ZS217", "two states that could be meant"
    SANDBOX_UNUSABLE = "ZS218", "the sandbox cannot keep its groups"
    MOVE_BLOCKED = "ZS219", "a key that cannot be moved, as the new one has a group"
    NOT_IN_STATE = "ZS220", "a key that the state does not have"
    KEY_UNSETTLED = "ZS221", "a key that is unsettled"
    NOT_THE_NEXT_STATE = "ZS222", "a state that does not go on from the one that is there"
    GROUPS_FORGOTTEN = "ZS223", "a state without groups that are known"
    FORGOTTEN_AND_WANTED = "ZS224", "a key that is forgotten and still wanted"
    STATE_LOST = "ZS225", "a lock that was lost"
    EXTRA_MISSING = "ZS226", "a package that is not installed"
    STATE_ADDRESS = "ZS227", "an address that no state can have"
    NO_SUCH_LOCK = "ZS228", "a lock that nobody holds"
    STATE_WOULD_VANISH = "ZS229", "a state that would vanish with the CI runner"
    UNDECRYPTABLE = "ZS230", "a state or a plan that cannot be decrypted"
    PLAN_UNREADABLE = "ZS231", "a saved plan that cannot be read"
    PLAN_CORRUPT = "ZS232", "a saved plan that cannot be used"
    PLAN_NEWER = "ZS233", "a saved plan of a newer version"
    PLAN_STALE = "ZS234", "a saved plan that is stale"
    PLAN_UNWRITABLE = "ZS235", "a saved plan that cannot be written"
    ENCRYPTED_FOR_OTHERS = "ZS236", "an encryption that nobody here can undo"
    # ZS3xx: the environment
    CREDENTIALS_MISSING = "ZS301", "an instance without credentials"
    CREDENTIALS_UNUSABLE = "ZS302", "a credential that cannot be right"
    CREDENTIALS_SHARED = "ZS303", "two names for one instance"
    BASE_URL = "ZS304", "an address that cannot be the API's"
    IDENTITY_UNUSABLE = "ZS305", "an identity that cannot be used"
    IDENTITY_OPEN_TO_OTHERS = "ZS306", "an identity that others can read"
    # ZS4xx: the API
    LOOKUP_FAILED = "ZS401", "a look-up without a usable answer"
    LISTING_INCOMPLETE = "ZS402", "a listing of groups that is not complete"
    GROUP_UNSEEN = "ZS403", "a group that cannot be looked at"
    LOOK_ENDED = "ZS404", "a look that was ended"
    STATE_MOVED = "ZS405", "a state that moved meanwhile"
    # ZS5xx: the command line and the terminal
    USAGE = "ZS501", "a command line that makes no sense"
    NO_SUCH_GROUP = "ZS502", "a key that the config does not have"
    NOT_A_GROUP_ID = "ZS503", "what is no group's id"
    NO_TERMINAL = "ZS504", "nobody there to ask"
    NOT_APPROVED = "ZS505", "an apply that was not approved"
    OUTPUT_LOST = "ZS506", "a result that cannot be written"
    IMPORT_UNWRITABLE = "ZS510", "a file that import cannot write"
    SCAFFOLD_UNWRITABLE = "ZS513", "a file that init cannot write"
    WORKFLOW_UNSEEN = "ZS514", "a workflow where no code host looks for it"
    PLAN_AND_MORE = "ZS516", "a saved plan, and what it says already"


_SYSTEM_SAYS: dict[str, str] = {
    text: text
    for text in (
        Text("bad file descriptor"),
        Text("cannot allocate memory"),
        Text("device or resource busy"),
        Text("disk quota exceeded"),
        Text("embedded null byte"),
        Text("file exists"),
        Text("file name too long"),
        Text("function not implemented"),
        Text("input/output error"),
        Text("invalid argument"),
        Text("is a directory"),
        Text("no locks available"),
        Text("no space left on device"),
        Text("no such device or address"),
        Text("no such file or directory"),
        Text("not a directory"),
        Text("operation not permitted"),
        Text("operation not supported"),
        Text("permission denied"),
        Text("read-only file system"),
        Text("stale file handle"),
        Text("text file busy"),
        Text("too many levels of symbolic links"),
        Text("too many open files"),
        Text("too many open files in system"),
    )
}
"""What the system mostly says of a file that cannot be had."""


def reason(error: OSError | ValueError) -> str:
    """Why the system does not do what it was asked for, as the end of a sentence."""
    said: str = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return said if isinstance(said, Text) else _SYSTEM_SAYS.get(said.lower(), said.lower())


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file. `line` and `column` count from 1, `column` and `length` in characters;
    a location without a line means the file as a whole. `text` is the source line, where it is known."""

    file: str
    line: int | None = None
    column: int | None = None
    length: int = 1
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint: where, what is wrong and why (`message`), what to do (`hint`)."""

    code: Code
    message: str
    hint: str
    location: Location | None = None
    severity: Severity = Severity.ERROR
    also: tuple[tuple[str, Location], ...] = ()
    """Other places that matter, each with a word about it: ("first written here", Location)."""


class ZapiSyncError(Exception):
    """Root of everything that this package raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.ERROR

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(diagnostic.message for diagnostic in self.diagnostics))

    @classmethod
    def of(cls, code: Code, message: str, *, hint: str, file: str | None = None) -> Self:
        """The common case: one complaint, about a file as a whole or about none."""
        return cls.at(code, None if file is None else Location(file), message, hint=hint)

    @classmethod
    def at(cls, code: Code, location: Location | None, message: str, *, hint: str) -> Self:
        """One complaint about a place in a file."""
        return cls([Diagnostic(code, message, hint, location)])


class ConfigInvalid(ZapiSyncError):
    pass


class CredentialsInvalid(ZapiSyncError):
    pass


class StateInvalid(ZapiSyncError):
    pass


class StateUnwritable(ZapiSyncError):
    pass


class StateLost(StateUnwritable):
    pass


class StateLocked(ZapiSyncError):
    pass


class RemoteUnavailable(ZapiSyncError):
    pass


class SavedPlanInvalid(ZapiSyncError):
    pass


class SavedPlanStale(ZapiSyncError):
    pass


class NotApproved(ZapiSyncError):
    pass


class OutputLost(ZapiSyncError):
    pass


class ScaffoldUnwritable(ZapiSyncError):
    pass


class UsageError(ZapiSyncError):
    exit_code = ExitCode.USAGE
