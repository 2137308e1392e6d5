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
      break;
  }
  return PartState::invalid;
}

ExitCode decide(std::span<const GatePart> parts, bool strict) {
  const auto any = [&](PartState state) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const GatePart& part) { return part.state == state; });
  };
  if (any(PartState::invalid)) return ExitCode::invalid_environment;
  if (any(PartState::bad_input)) return ExitCode::bad_input;
  if (any(PartState::failed)) return ExitCode::incorrect;
  if (any(PartState::slower)) return ExitCode::slower;
  if (strict && any(PartState::cannot_tell)) return ExitCode::cannot_tell;
  const bool ran = std::any_of(parts.begin(), parts.end(), [](const GatePart& part) {
    return part.state != PartState::not_run;
  });
  return ran ? ExitCode::clean : ExitCode::nothing_ran;
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
      text += fmt::format("    again      {}\n", on_terminal(part.command));
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
