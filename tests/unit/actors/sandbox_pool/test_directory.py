from actors.sandbox_pool.directory import ListedExecutor, SandboxDirectory, SandboxListing


def listing(version: int, *names: str) -> SandboxListing:
    return SandboxListing(
        version=version,
        executors=tuple(ListedExecutor(executor_id=n, num_workers=2, address=n) for n in names),
    )


def test_a_sender_is_given_the_listing_once_per_version() -> None:
    directory = SandboxDirectory()
    assert directory.look("s", 0, -1) is None
    directory.publish(listing(1, "a"))
    assert directory.look("s", 0, -1) == listing(1, "a")
    assert directory.look("s", 0, 1) is None
    directory.publish(listing(2, "a", "b"))
    assert directory.look("s", 0, 1) == listing(2, "a", "b")


def test_what_the_senders_hold_back_is_added_up_until_they_are_silent_for_ten_seconds() -> None:
    now = 0.0
    directory = SandboxDirectory(clock=lambda: now)
    directory.look("s", 5, -1)
    directory.look("t", 7, -1)
    assert directory.publish(listing(1)) == 12
    now = 6.0
    directory.look("s", 2, 1)
    assert directory.publish(listing(1)) == 9
    now = 10.5
    # The second sender's worker has died.
    assert directory.publish(listing(1)) == 2


def test_a_directory_that_was_restarted_is_filled_by_the_next_publication() -> None:
    directory = SandboxDirectory()
    assert directory.look("s", 1, 7) is None
    assert directory.publish(listing(7, "a")) == 1
    assert directory.look("s", 1, 7) is None
    assert directory.look("new", 0, -1) == listing(7, "a")
