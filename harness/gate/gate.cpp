#include "harness/gate/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/core/shell.hpp"

namespace kernelgate {

PartState state_of(ExitCode code) {
  switch (code) {
    case ExitCode::clean:
      return PartState::passed;
    case ExitCode::incorrect:
      return PartState::failed;
    case ExitCode::bad_input:
      return PartState::bad_input;
    case ExitCode::slower:
      return PartState::slower;
    case ExitCode::cannot_tell:
      return PartState::cannot_tell;
    case ExitCode::nothing_ran:
      return PartState::not_run;
    case ExitCode::invalid_environment:
    case ExitCode::missing_resource:
      return PartState::invalid;
    case ExitCode::internal_error:
    case ExitCode::device_lost:
      break;
  }
  return PartState::failed;
}

namespace {

ExitCode code_of(PartState state) {
  switch (state) {
    case PartState::passed:
      return ExitCode::clean;
    case PartState::failed:
      return ExitCode::incorrect;
    case PartState::slower:
      return ExitCode::slower;
    case PartState::cannot_tell:
      return ExitCode::cannot_tell;
    case PartState::bad_input:
      return ExitCode::bad_input;
    case PartState::not_run:
      return ExitCode::nothing_ran;
    case PartState::invalid:
      break;
  }
  return ExitCode::invalid_environment;
}

}  // namespace

ExitCode decide(std::span<const GatePart> parts, bool strict) {
  ExitCode code = ExitCode::clean;
  bool ran = false;
  for (const GatePart& part : parts) {
    if (part.state == PartState::not_run) continue;
    ran = true;
    if (part.state == PartState::cannot_tell && !strict) continue;
    code = graver(code, code_of(part.state));
  }
  return ran ? code : ExitCode::nothing_ran;
}

std::string summary(const std::string& arch, std::span<const GatePart> parts, ExitCode code) {
  std::string text = fmt::format("gate {}\n", arch);
  std::map<std::string, std::vector<std::string>> by_kind;
  for (const GatePart& part : parts) {
    const bool ran = part.state != PartState::not_run;
    const std::string kind = ran && part.kind ? std::string(name(*part.kind)) : "";
    text += fmt::format("  {:<11}  {:<26} {:<9} {:>7}  {}\n", name(part.state), part.name, kind,
                        ran ? fmt::format("{:.1f} s", part.seconds) : "", part.words);
    by_kind[ran ? kind : "not run"].push_back(part.name);
    const bool bad = ran && part.state != PartState::passed;
    if (bad && !part.command.empty())
      text += fmt::format("    rerun      {}\n", on_terminal(part.command));
  }
  for (const char* kind : {"measured", "modelled", "compiled", "not run"}) {
    if (by_kind.count(kind) == 0) continue;
    text += fmt::format("{:<9} {}\n", kind, fmt::join(by_kind[kind], ", "));
  }
  constexpr std::string_view words[] = {"open",
                                        "closed: incorrect",
                                        "closed: bad input",
                                        "closed: slower",
                                        "closed: cannot tell (--strict)",
                                        "closed: nothing ran",
                                        "closed: environment invalid"};
  return text + fmt::format("gate {} {} (exit code {})\n", arch,
                            words[static_cast<std::size_t>(code)], static_cast<int>(code));
}

}  // namespace kernelgate
