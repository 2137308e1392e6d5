// kernelgate: one program, one subcommand a task.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "harness/cli/session.hpp"

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 clean, 1 incorrect, 2 usage or bad input, 3 slower, 4 cannot tell (--strict), "
    "5 nothing ran, 6 environment invalid.\n"
    "Example: kernelgate check --suite smoke";

int report(const char* what, kernelgate::ExitCode code) {
  std::fflush(stdout);
  fmt::print(stderr, "kernelgate: {}\n", what);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  using kernelgate::ExitCode;
  try {
    kernelgate::Session session;
    CLI::App app{"Decides whether a GPU kernel of a ZAYA1-style model is right, portable and fast."};
    app.require_subcommand(1);
    app.fallthrough();
    app.footer(exit_codes);
    app.add_option("--threads", session.threads, "Host threads (default: all the machine offers)")
        ->check(CLI::Range(1, 4096));
    kernelgate::add_list_command(app, session);
    kernelgate::add_devices_command(app, session);
    kernelgate::add_check_command(app, session);
    kernelgate::add_bench_command(app, session);
    kernelgate::add_forward_command(app, session);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::bad_input);
    }
    return static_cast<int>(session.exit());
  } catch (const kernelgate::BadInput& error) {
    return report(error.what(), ExitCode::bad_input);
  } catch (const std::exception& error) {
    return report(fmt::format("internal error: {}", error.what()).c_str(), ExitCode::bad_input);
  }
}
