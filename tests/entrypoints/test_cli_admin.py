"""`galley users` and `galley prompts`."""

from click.testing import Result

from tests.entrypoints.shell import ROOT, Shell

PASSWORD = "correct horse battery staple"
BROKEN = "name: broken\ntitle: Broken\noutput_format: paper\n"


def add_user(shell: Shell, name: str, *words: str) -> Result:
    return shell.call("users", "add", name, *words, "--password-stdin", stdin=f"{PASSWORD}\n")


def test_users_are_added_and_listed(shell: Shell) -> None:
    first = add_user(shell, "ann", "--role", "admin", "--role", "editor")
    second = shell.call("users", "add", "bob", GALLEY_PASSWORD=PASSWORD)
    twice = add_user(shell, "ANN")

    assert (first.exit_code, first.stdout) == (0, "ann was added as admin, editor.\n")
    assert (second.exit_code, second.stdout) == (0, "bob was added as author.\n")
    assert twice.exit_code == 2
    rows = [line.split() for line in shell.call("users", "list").stdout.splitlines()]
    assert [(row[0], row[1]) for row in rows] == [("ann", "admin,editor"), ("bob", "author")]


def test_a_short_password_is_refused_and_nobody_added(shell: Shell) -> None:
    result = shell.call("users", "add", "ann", "--password-stdin", stdin="short\n")

    assert (result.exit_code, result.stderr) == (2, "galley: The password is too short; give 12 characters or more.\n")
    assert shell.call("users", "list").stdout == ""


def test_a_disabled_user_is_shown_so_until_enabled_again(shell: Shell) -> None:
    add_user(shell, "ann", "--role", "admin")
    add_user(shell, "bob")

    shell.call("users", "disable", "bob")
    disabled = shell.call("users", "list").stdout
    shell.call("users", "enable", "bob")
    enabled = shell.call("users", "list").stdout

    assert disabled.splitlines()[1].endswith("  disabled")
    assert "disabled" not in enabled


def test_the_last_admin_can_not_be_disabled(shell: Shell) -> None:
    add_user(shell, "ann", "--role", "admin")
    add_user(shell, "bob", "--role", "admin")
    shell.call("users", "disable", "bob")

    result = shell.call("users", "disable", "ann")

    assert (result.exit_code, result.stderr) == (2, "galley: ann is the last admin; add another one first.\n")


def test_prompt_sets_are_published_listed_and_shown(shell: Shell) -> None:
    path = ROOT / "prompts" / "blog-post.yaml"

    published = shell.call("prompts", "publish", str(path))
    again = shell.call("prompts", "publish", str(path))

    assert (published.exit_code, published.stdout) == (0, "blog-post@1 was published.\n")
    assert (again.exit_code, again.stdout) == (0, "blog-post@1 is the newest version already.\n")
    assert shell.call("prompts", "list").stdout.split()[0] == "blog-post@1"
    assert shell.call("prompts", "show", "blog-post").stdout == path.read_text()


def test_the_shipped_prompt_sets_are_sound(shell: Shell) -> None:
    result = shell.call("prompts", "check")

    count = len(list((ROOT / "prompts").iterdir()))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{count} of {count} prompt set files can be used.\n"


def test_faults_are_told_by_file_and_line_with_exit_code_1(shell: Shell) -> None:
    broken = shell.folder / "broken.yaml"
    broken.write_text(BROKEN)

    checked = shell.call(
        "prompts", "check", str(broken), str(shell.folder / "missing.yaml"), str(ROOT / "prompts/faq.yaml")
    )
    published = shell.call("prompts", "publish", str(broken))

    assert checked.exit_code == 1
    assert any(line.startswith(f"{broken}:3: /output_format ") for line in checked.stdout.splitlines())
    assert f"{shell.folder}/missing.yaml: can't be read: No such file or directory" in checked.stdout.splitlines()
    assert checked.stderr == "1 of 3 prompt set files can be used.\n"
    assert (published.exit_code, published.stdout) == (1, "")
    assert published.stderr == "".join(
        f"{line}\n" for line in checked.stdout.splitlines() if line.startswith(str(broken))
    )


def test_a_label_is_set_and_found(shell: Shell) -> None:
    shell.call("prompts", "publish", str(ROOT / "prompts" / "faq.yaml"))

    labelled = shell.call("prompts", "label", "faq@1", "production")
    unknown = shell.call("prompts", "label", "faq@7", "production")

    assert (labelled.exit_code, labelled.stdout) == (0, "faq@production is faq@1 now.\n")
    assert (unknown.exit_code, unknown.stderr) == (2, "galley: There is no prompt set faq@7.\n")
    assert "[production]" in shell.call("prompts", "list").stdout
    assert shell.call("prompts", "show", "faq@production").exit_code == 0


def test_two_versions_are_compared_line_by_line(shell: Shell) -> None:
    path = shell.folder / "faq.yaml"
    source = (ROOT / "prompts" / "faq.yaml").read_text()
    for text in (source, source.replace("title: ", "title: Great ", 1)):
        path.write_text(text)
        shell.call("prompts", "publish", str(path))

    compared = shell.call("prompts", "diff", "faq@1", "faq").stdout.splitlines()

    assert compared[:2] == ["--- faq@1", "+++ faq@2"]
    assert [line[:7] for line in compared[2:] if line[0] in "+-"] == ["-title:", "+title:"]


def test_a_store_is_migrated_once_and_again_without_harm(shell: Shell) -> None:
    told = [shell.call("migrate") for _ in range(2)]

    assert [(one.exit_code, one.stdout) for one in told] == [(0, "The sqlite store is ready for this version.\n")] * 2
    assert (shell.folder / "data" / "galley.db").exists()


def test_what_cannot_be_migrated_is_told(shell: Shell) -> None:
    gone = shell.call("migrate", GALLEY_STORE_URL="postgresql://galley:hunter2@127.0.0.1:1/galley")
    memory = shell.call("migrate", GALLEY_STORE_URL="memory:")

    assert (gone.exit_code, "can't be reached" in gone.stderr, "hunter2" in gone.stderr) == (2, True, False)
    assert memory.exit_code == 2
