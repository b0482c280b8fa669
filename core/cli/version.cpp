// bus version
#include "core/base/version.h"

#include "core/cli/exit_codes.h"
#include "core/cli/session.h"
#include "core/json/writer.h"
#include "core/wire/message.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {{"bus version", "The version of this program."},
                                 {"bus version --json", "The same with the protocol it speaks."}};

Result<int> run(Session& session) {
  if (!session.json()) {
    session.out().line("bus " + std::string(version()));
    return kGood;
  }
  std::string text;
  json::Writer(text)
      .begin_object()
      .member("version", version())
      .member("protocol", wire::kProtocol)
      .end_object();
  session.out().line(text);
  return kGood;
}

}  // namespace

extern const Verb kVersion;
const Verb kVersion = {.name = "version",
                       .summary = "say which version this is",
                       .examples = kExamples,
                       .reaches_host = false,
                       .run = run};

}  // namespace bus::cli
