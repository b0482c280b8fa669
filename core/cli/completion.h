// Scripts with which a shell completes the words of `bus`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bus::cli {

// For bash, zsh or fish; nullopt for another shell.
std::optional<std::string> completion_script(std::string_view shell);

}  // namespace bus::cli
