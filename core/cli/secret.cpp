// bus secret set, list, remove. Values come from stdin, a prompt or a file, never from options; none is ever
// shown.
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/auth/secrets.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/session.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxSecret = 64u << 10;

constexpr Example kSetExamples[] = {
    {"bus secret set github", "Asks for the value, without showing it."},
    {"openssl rand -hex 32 | bus secret set github",
     "The value from a pipe; the end of its line does not count."},
    {"bus secret set github --add --file new.txt",
     "A second value in front of the first, while it is being rotated."},
};
constexpr Example kListExamples[] = {{"bus secret list", "The names; values are shown never."}};
constexpr Example kRemoveExamples[] = {
    {"bus secret remove github", "Forgets it; the source then refuses what is signed."}};
constexpr Positional kName[] = {{.name = "NAME",
                                 .help = "Which secret: [a-z0-9][a-z0-9_.-]*, as the source names it.",
                                 .required = true}};
constexpr Option kSetOptions[] = {
    {.name = "file", .value = "PATH", .help = "Read the value from this file."},
    {.name = "add", .help = "Put it in front of the values there are, and keep those: all are good."},
};
constexpr ExitMeaning kRemoveExits[] = {{kNotFound, "there is no secret of that name"}};

Result<auth::SecretStore> open_store(const Session& session) {
  const auto paths = session.paths();
  if (!paths) return paths.error();
  if (Status made = config::make_folders(*paths); !made) return std::move(made).error();
  if (Status made = make_private_folder(paths->secrets()); !made) return std::move(made).error();
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  return auth::SecretStore(paths->secrets(), credentials == nullptr ? "" : credentials);
}

// Turns the terminal's echo off as long as it lives.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd), ok_(::tcgetattr(fd, &before_) == 0) {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (ok_) ::tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (ok_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }

 private:
  int fd_;
  termios before_{};
  bool ok_;
};

Result<std::string> prompt(const std::string& name) {
  // Ctrl-C would leave the terminal without echo: it is read as a character instead.
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!terminal) return system_error("/dev/tty", errno);
  if (Status asked = write_all(terminal.get(), "value of secret '" + name + "': "); !asked)
    return std::move(asked).error();
  std::string line;
  {
    const NoEcho quiet(terminal.get());
    for (char c = 0; ::read(terminal.get(), &c, 1) == 1 && c != '\n';) {
      if (line.size() < kMaxSecret) line += c;
    }
  }
  if (Status ended = write_all(terminal.get(), "\n"); !ended) return std::move(ended).error();
  return line;
}

Result<Secret> read_value(const Session& session, const std::string& name) {
  Result<std::string> text = error(Code::fault, "");
  if (const auto file = session.args().get("file")) {
    text = read_file(*file, kMaxSecret);
  } else if (::isatty(0) == 1) {
    text = prompt(name);
  } else {
    text = read_all(0, kMaxSecret);
  }
  if (!text) return std::move(text).error();
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  return Secret(std::move(*text));
}

Result<int> run_set(Session& session) {
  const std::string name = session.args().positional(0);
  if (!auth::SecretStore::valid_name(name)) {
    return session.usage("'" + name + "' cannot be the name of a secret", "[a-z0-9][a-z0-9_.-]*, at most 64");
  }
  auto store = open_store(session);
  if (!store) return std::move(store).error();
  const auto value = read_value(session, name);
  if (!value) return value.error();
  const Status stored = session.args().has("add") ? store->add(name, *value) : store->set(name, *value);
  if (!stored) return stored.error();
  session.remark("bus: secret '" + name + "' is set");
  return kGood;
}

Result<int> run_list(Session& session) {
  auto store = open_store(session);
  if (!store) return std::move(store).error();
  const auto names = store->list();
  if (!names) return names.error();
  for (const std::string& name : *names) {
    std::string text = name;
    if (session.json()) {
      text.clear();
      json::Writer(text).begin_object().member("name", name).end_object();
    }
    session.out().line(text);
  }
  return kGood;
}

Result<int> run_remove(Session& session) {
  const std::string name = session.args().positional(0);
  auto store = open_store(session);
  if (!store) return std::move(store).error();
  if (Status removed = store->remove(name); !removed) return std::move(removed).error();
  session.remark("bus: secret '" + name + "' is removed");
  return kGood;
}

}  // namespace

extern const Verb kSecretSet, kSecretList, kSecretRemove;
const Verb kSecretSet = {.name = "secret set",
                         .summary = "keep a secret for a source or sink",
                         .examples = kSetExamples,
                         .positionals = kName,
                         .options = kSetOptions,
                         .notes = "Written to a private file; a host that runs takes it over at once.",
                         .reaches_host = false,
                         .run = run_set};
const Verb kSecretList = {.name = "secret list",
                          .summary = "show the names of the secrets",
                          .examples = kListExamples,
                          .notes = "With --json each line is {\"name\"}.",
                          .reaches_host = false,
                          .run = run_list};
const Verb kSecretRemove = {.name = "secret remove",
                            .summary = "forget a secret",
                            .examples = kRemoveExamples,
                            .positionals = kName,
                            .exits = kRemoveExits,
                            .reaches_host = false,
                            .run = run_remove};

}  // namespace bus::cli
