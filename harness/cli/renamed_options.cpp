#include "harness/cli/renamed_options.hpp"

#include <array>
#include <string_view>

namespace kernelgate {
namespace {

struct RenamedOption {
  std::string_view earlier, current;
};

constexpr std::array renamed_options{
    RenamedOption{"--claim-schedules", "--determinism-schedules"},
    RenamedOption{"--least-seconds", "--min-seconds"},
    RenamedOption{"--least-segment", "--min-segment"},
    RenamedOption{"--most-elements", "--max-elements"},
    RenamedOption{"--most-repetitions", "--max-repetitions"},
    RenamedOption{"--roofs", "--peaks"},
};

std::string with_current_name(std::string_view argument) {
  const std::string_view name = argument.substr(0, argument.find('='));
  for (const RenamedOption& option : renamed_options) {
    if (name == option.earlier) {
      return std::string(option.current) + std::string(argument.substr(name.size()));
    }
  }
  return std::string(argument);
}

}  // namespace

std::vector<std::string> with_current_option_names(std::span<char* const> arguments) {
  std::vector<std::string> words;
  words.reserve(arguments.size());
  for (const char* argument : arguments) words.push_back(with_current_name(argument));
  return words;
}

}  // namespace kernelgate
