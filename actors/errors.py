"""Failures on our side, one type per boundary. The guest's failures are data (`ExecutionResult`), never these."""


class ActorError(RuntimeError):
    """Base of every failure in the training actors; the message ends with the cure."""


class ActorLostError(ActorError):
    """An actor died or did not answer in time; what it was doing may or may not have been done."""


class RecordLostError(ActorError):
    """What a call needed from the object store is gone, with the node that held it."""


class GroupLostError(ActorError):
    """A group could not be rolled out or scored, for faults of ours, as often as it was tried."""


class EngineError(ActorError):
    """The generation engine failed."""


class EndpointError(ActorError):
    """One request to an endpoint failed for good: slow, refused or answered with nonsense as often as it was tried."""


class ChatTooLongError(EndpointError):
    """A chat is longer than the model behind an endpoint takes: the model's limit, not a failure."""


class EndpointDeadError(EndpointError):
    """An endpoint cannot be used: nothing there, the key refused, no such model, or request after request failed."""


class TemplateError(ActorError, ValueError):
    """The model's chat template cannot lay out a conversation of several turns."""


class LearnerError(ActorError):
    """The training engine failed."""


class NotFiniteError(LearnerError, ArithmeticError):
    """The policy holds numbers that are not finite, so it was neither published nor saved."""


class WeightSyncError(ActorError):
    """A published policy version could not be read, verified or loaded."""


class RewardError(ActorError, ValueError):
    """A reward term of one's own is not there, failed, or gave no finite number."""


class AgentError(ActorError, ValueError):
    """A name stands for no agent, or an agent of one's own cannot be made."""


class ForeignRolloutError(ActorError, ValueError):
    """A rollout without tokens, held by a model behind an endpoint, reached the learner."""


class StaleRolloutError(ActorError, ValueError):
    """A rollout older than the allowed staleness reached the learner."""


class ExecutorLostError(ActorLostError):
    """A sandbox executor died or did not answer; what it was running may or may not have run."""


class ExecutorRetiredError(ActorError):
    """A sandbox executor that is being ended refused a script; the script did not run."""


class NoExecutorError(ActorError):
    """No sandbox executor had room for a script in time."""
