#include "harness/run/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/core/shell.hpp"
#include "harness/run/child_answer.hpp"
#include "harness/run/isolate.hpp"

namespace kernelgate {
namespace {

using Json = nlohmann::json;

constexpr double seconds_to_describe = 120;

// The variants as JSON, or the reason why there are none.
std::string description_of(const std::string& file) {
  Json variants = Json::array();
  try {
    for (const PluginVariant& v : describe_plugin(file)) {
      variants.push_back({v.kernel, v.name, v.note});
    }
  } catch (const BadInput& error) {
    return refusal_text(error.what());
  }
  return variants.dump();
}

std::vector<PluginVariant> variants_in(const std::string& description) {
  const Json json = answer_in(description);
  std::vector<PluginVariant> variants;
  variants.reserve(json.size());
  for (const Json& v : json) variants.push_back({v.at(0), v.at(1), v.at(2)});
  return variants;
}

// Lists the variants in a child process, so that nothing that the library starts, changes or breaks
// remains.
std::vector<PluginVariant> describe_in_child(const std::string& file) {
  std::vector<PluginVariant> variants;
  IsolatedJobs jobs;
  jobs.count = 1;
  jobs.time_limit_seconds = seconds_to_describe;
  jobs.begin = [] { ::dup2(STDERR_FILENO, STDOUT_FILENO); };  // stdout is for this program only
  jobs.run = [&](std::int64_t) { return description_of(file); };
  jobs.finish = [&](std::int64_t, const JobOutcome& outcome) {
    if (outcome.end == JobOutcome::End::returned) {
      variants = variants_in(outcome.text);
      return;
    }
    if (outcome.end == JobOutcome::End::unavailable) throw MissingResource(outcome.text);
    throw BadInput(fmt::format(
        "plugin {}: {} while the library was loaded or in kernelgate_plugin(); expected "
        "a description of its variants\n  rerun    {}",
        file, outcome.text,
        on_terminal(shell_line(std::vector<std::string>{"kernelgate", "list", "--plugin", file}))));
  };
  run_isolated(jobs);
  return variants;
}

}  // namespace

void Session::load_plugin(const std::string& file) {
  add_plugin(registry_, file, describe_in_child(file));
  plugins_.push_back(file);
}

std::vector<std::string> Session::plugin_words() const {
  std::vector<std::string> words;
  for (const std::string& file : plugins_) words.insert(words.end(), {"--plugin", file});
  return words;
}

std::vector<std::string> Session::words() const {
  std::vector<std::string> words = plugin_words();
  if (threads != 0) words.insert(words.end(), {"--threads", std::to_string(threads)});
  return words;
}

std::vector<std::string> Session::command_line(const std::string& program,
                                               std::vector<std::string> arguments) const {
  const std::vector<std::string> own = words();
  arguments.insert(arguments.begin() + 1, own.begin(), own.end());
  arguments.insert(arguments.begin(), program);
  return arguments;
}

}  // namespace kernelgate
