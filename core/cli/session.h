// Session: what a verb is given to work with.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/cli/arguments.h"
#include "core/cli/output.h"
#include "core/cli/verb.h"
#include "core/client/connect.h"
#include "core/config/paths.h"

namespace bus::cli {

class Session {
 public:
  // `verb` and `out` must outlive the session.
  Session(const Verb& verb, Arguments args, Output& out) : verb_(verb), args_(std::move(args)), out_(out) {}

  const Arguments& args() const { return args_; }
  Output& out() { return out_; }
  bool json() const { return args_.has("json"); }
  bool quiet() const { return args_.has("quiet"); }

  // A remark for people, on stderr; nothing with --quiet.
  void remark(std::string_view text) const {
    if (!quiet()) say_error(text);
  }

  Result<config::Paths> paths() const { return config::find_paths(config::process_environment()); }
  client::ConnectOptions connect_options() const;
  // The answer to one request, and whoever gave it.
  struct Asked {
    client::Connection host;
    json::Node result;
  };
  // Asks the host, started first if none answers and the user allows it. One that stops before it has taken
  // the request is left for the next; `make` is called again for that. The request is never taken twice.
  Result<Asked> ask(const std::function<client::Call()>& make) const;
  // The host, started first if none answers and the user allows it.
  Result<client::Connection> connect() const;
  // The same, and never starts one.
  Result<client::Connection> connect_running() const;

  // Code::invalid with a pointer to the verb's help.
  Error usage(std::string message, std::string hint = {}) const;

 private:
  const Verb& verb_;
  const Arguments args_;
  Output& out_;
};

}  // namespace bus::cli
