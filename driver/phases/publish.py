"""The way of a policy from the learner to the rollout workers."""

import time

from actors.records import PolicyVersion
from driver.cluster import LearnerClient
from driver.supervision.rollout_workers import RolloutWorkers


async def publish_policy(
    learner: LearnerClient, rollouts: RolloutWorkers, version: int, bucket_bytes: int
) -> PolicyVersion:
    """Publish the learner's policy as `version`; returns once every living rollout worker has loaded it."""
    started = time.monotonic()
    manifest, buckets = await learner.publish(version, bucket_bytes)
    published = time.monotonic()
    load_s = await rollouts.load_weights(manifest, buckets)
    return PolicyVersion(version=version, publish_s=published - started, load_s=load_s)
