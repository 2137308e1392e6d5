// kernelgate: the main program, with one subcommand per task.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "harness/cli/commands.hpp"
#include "harness/cli/number_options.hpp"
#include "harness/cli/renamed_options.hpp"
#include "harness/cli/standard_streams.hpp"
#include "harness/cli/unasked_exit.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/own_state.hpp"
#include "harness/core/printable.hpp"
#include "harness/core/shell.hpp"
#include "harness/model/kernel_session.hpp"
#include "harness/run/host_environment.hpp"
#include "harness/run/interrupts.hpp"
#include "harness/run/session.hpp"

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 clean, 1 incorrect, 2 usage or bad input, 3 slower, 4 cannot tell (--strict), "
    "5 nothing ran, 6 environment invalid, 7 too little memory or threads, 8 internal error, "
    "9 device lost in mid-run.\n"
    "Example: kernelgate check --suite smoke";

// Shortens a message that quotes a very long text.
std::string shortened_message(std::string_view text) {
  constexpr std::size_t max_bytes = 4000;
  if (text.size() <= max_bytes) return std::string(text);
  const std::string_view start = text.substr(0, max_bytes);
  return std::string(start.substr(0, max_bytes - kernelgate::unfinished_utf8(start))) + "...";
}

int report(std::string_view what, kernelgate::ExitCode code) {
  std::fflush(stdout);
  fmt::print(stderr, "kernelgate: {}\n", shortened_message(what));
  return static_cast<int>(code);
}

// Makes the examples in the help begin with the program's name as typed.
void put_typed_program_into_examples(CLI::App& app) {
  std::string text;
  std::istringstream lines(app.get_footer());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = std::min(line.find("kernelgate "), line.size());
    text += (text.empty() ? "" : "\n") + line.substr(0, at) +
            kernelgate::on_terminal(std::string_view(line).substr(at));
  }
  app.footer(text);
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    put_typed_program_into_examples(*command);
  }
}

// The message for an unknown subcommand; CLI11 only reports that one is required.
std::optional<std::string> unknown_command(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining();
  if (!app.get_subcommands().empty() || rest.empty()) return std::nullopt;
  std::string known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known += " " + command->get_name();
  }
  return fmt::format("unknown command '{}'; there are:{}", rest.front(), known);
}

// Parses the command line, runs its command and returns the exit code.
int run(int argc, char** argv, kernelgate::Session& session) {
  using kernelgate::ExitCode;
  try {
    CLI::App app{
        "Decides whether a GPU kernel of a ZAYA1-style model is right, portable and fast."};
    app.require_subcommand(1);
    app.fallthrough();
    app.footer(exit_codes);
    app.add_option("--threads", session.threads, "Host threads (default: all of the machine)")
        ->check(CLI::Range(1, kernelgate::max_host_threads));
    app.add_option_function<std::vector<std::string>>(
           "--plugin",
           [&session](const std::vector<std::string>& files) {
             for (const std::string& file : files) session.load_plugin(file);
           },
           "Shared library with kernels of your own (docs/plugin.md); may repeat")
        ->type_name("FILE")
        ->allow_extra_args(false);
    kernelgate::add_list_command(app, session);
    kernelgate::add_devices_command(app, session);
    kernelgate::add_check_command(app, session);
    kernelgate::add_bench_command(app, session);
    kernelgate::add_compare_command(app, session);
    kernelgate::add_sample_command(app, session);
    kernelgate::add_history_command(app, session);
    kernelgate::add_forward_command(app, session);
    kernelgate::add_rsa_command(app, session);
    kernelgate::add_throughput_command(app, session);
    kernelgate::add_kv_command(app, session);
    kernelgate::add_validate_command(app, session);
    kernelgate::add_gate_command(app, session);
    kernelgate::add_report_command(app, session);
    kernelgate::add_vectors_command(app, session);
    kernelgate::add_resources_command(app, session);
    kernelgate::add_support_command(app, session);
    kernelgate::check_number_options(app);
    put_typed_program_into_examples(app);
    const std::vector<std::string> words =
        kernelgate::with_current_option_names(std::span(argv, static_cast<std::size_t>(argc)));
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    try {
      app.parse(argc, arguments.data());
    } catch (const CLI::ParseError& error) {
      const std::optional<std::string> unknown = unknown_command(app);
      if (error.get_exit_code() != 0 && unknown) return report(*unknown, ExitCode::bad_input);
      return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::bad_input);
    }
    return static_cast<int>(session.exit());
  } catch (const kernelgate::Error& error) {
    return report(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return report(
        fmt::format("not enough memory for this input: {}", kernelgate::free_memory().describe()),
        ExitCode::missing_resource);
  } catch (const std::filesystem::filesystem_error& error) {
    return report(fmt::format("{}: {}", error.path1().string(), error.code().message()),
                  ExitCode::bad_input);
  } catch (const std::system_error& error) {  // for example, output that cannot be written
    return report(error.what(), ExitCode::bad_input);
  } catch (const std::exception& error) {
    return report(fmt::format("internal error: {}", error.what()), ExitCode::internal_error);
  }
}

// Sets the actions of signals that the parent may have changed, or that a limit raises.
void set_signals() {
  struct sigaction action {};
  // With SIGCHLD ignored, waitpid() would lose how a child ended.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, nullptr);
  // SIGXFSZ (ulimit -f) ignored: write() fails, and the message names the file.
  action.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &action, nullptr);
}

// The exit code; bad input instead of success if standard output could not be written.
int with_output_checked(int code) {
  const std::string fault = kernelgate::standard_output_fault();
  if (fault.empty()) return code;
  const int failed = report(fmt::format("standard output: cannot write: {}", fault),
                            kernelgate::ExitCode::bad_input);
  return code == 0 ? failed : code;
}

}  // namespace

int main(int argc, char** argv) {
  set_signals();
  if (!kernelgate::open_standard_streams()) {
    return report("standard input, output or error is closed, and /dev/null cannot be opened",
                  kernelgate::ExitCode::bad_input);
  }
  if (argc > 0) kernelgate::set_typed_program(argv[0]);
  kernelgate::make_standard_streams_printable();
  kernelgate::use_standard_floats();  // a preloaded library may have changed them
  kernelgate::say_when_interrupted();
  kernelgate::Session session;  // only registers kernels
  kernelgate::refuse_unasked_exit(session);
  const int code = with_output_checked(run(argc, argv, session));
  kernelgate::allow_exit();
  if (!session.plugin_files().empty()) {
    std::fflush(nullptr);
    _exit(code);  // skips the library's destructors, which could change the exit code
  }
  return code;
}
