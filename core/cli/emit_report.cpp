#include "core/cli/emit_report.h"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxFile = 15u << 20;  // a frame holds 16 MiB

struct File {
  std::string name, content;
  double modified = 0;  // seconds since 1970; 0: not known
};

Result<File> read(const std::string& given) {
  File file;
  if (given == "-") {
    file.name = "-";
    auto content = read_all(0, kMaxFile);
    if (!content) return std::move(content).error();
    file.content = std::move(*content);
    return file;
  }
  std::error_code failure;
  const std::filesystem::path path = std::filesystem::canonical(given, failure);
  if (failure) return error(Code::invalid, given + ": " + failure.message());
  auto content = read_file(path, kMaxFile);
  if (!content) return std::move(content).error();
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    file.modified =
        static_cast<double>(status.st_mtim.tv_sec) + static_cast<double>(status.st_mtim.tv_nsec) / 1e9;
  }
  file.name = to_utf8(path.string());
  file.content = std::move(*content);
  return file;
}

client::Call call_of(const Session& session, std::string_view kind, const File& file) {
  client::Call call("deliver");
  call.params().member("source", "pytest");
  if (session.args().has("durable")) call.params().member("durable", true);
  call.params().key("message").begin_object();
  call.params().member("name", file.name).member_if("scope", session.args().get_or("scope", ""));
  if (file.modified != 0) call.params().member("modified", file.modified);
  call.params().member(kind, file.content).end_object();
  return call;
}

std::string counts_text(json::Node counts) {
  std::string text;
  for (const json::Member& one : counts.members()) {
    text += (text.empty() ? "" : ", ") + std::to_string(one.value.integer().value_or(0)) + " " +
            printable(one.key);
  }
  return text.empty() ? "no tests" : text;
}

void write_answer(Session& session, json::Node result, std::string_view raw) {
  const json::Node reply = result["reply"];
  std::size_t duplicates = 0;
  for (const json::Node event : result["events"].elements()) {
    if (event["duplicate"].boolean().value_or(false)) ++duplicates;
  }
  const std::size_t stored = result["events"].size() - duplicates;
  if (!session.json()) {
    session.out().line(printable(reply["session"].string_or("")) + "  " + counts_text(reply["counts"]));
    if (stored == 0 && duplicates != 0) session.remark("bus: this file was stored before");
    return;
  }
  // The reply's members, and what became of the events.
  std::string line(json::raw_member(raw, "reply"));
  line.pop_back();
  line += ",\"stored\":" + std::to_string(stored) + ",\"duplicates\":" + std::to_string(duplicates) + "}";
  session.out().line(line);
}

}  // namespace

bool emits_report(const Arguments& arguments) {
  return arguments.has("junit") || arguments.has("reportlog");
}

Result<int> emit_report(Session& session) {
  const Arguments& args = session.args();
  if (args.has("junit") && args.has("reportlog"))
    return session.usage("--junit and --reportlog exclude each other");
  if (!args.positionals().empty() || args.has("bulk")) {
    return session.usage("with --junit and --reportlog the file is all there is to emit");
  }
  for (const std::string_view option :
       {"type", "source", "subject", "summary", "key", "time", "task", "data"}) {
    if (args.has(option))
      return session.usage("--" + std::string(option) + " does not go with a file of reports");
  }
  const std::string_view kind = args.has("junit") ? "junit" : "reportlog";
  const auto file = read(args.get_or(kind, ""));
  if (!file) return file.error();
  auto host = session.connect();
  if (!host) return std::move(host).error();
  const auto result = host->ask(call_of(session, kind, *file));
  if (!result) return Error(result.error()).in(file->name);
  write_answer(session, *result, host->raw_result());
  const std::string_view problem = (*result)["reply"]["problem"].string_or("");
  if (problem.empty()) return kGood;
  tell(error(Code::invalid, file->name + ": " + std::string(problem), "what was complete is stored"));
  return kUsage;
}

}  // namespace bus::cli
