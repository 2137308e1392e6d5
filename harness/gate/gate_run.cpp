#include "harness/gate/gate_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/core/output_file.hpp"
#include "harness/core/printable.hpp"
#include "harness/core/process.hpp"
#include "harness/core/shell.hpp"
#include "harness/core/text_file.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/gpu/open_gpu.hpp"
#include "harness/gate/gate_rows.hpp"
#include "harness/records/record_reader.hpp"
#include "harness/report/junit.hpp"
#include "harness/run/host_environment.hpp"
#include "harness/run/session.hpp"
#include "harness/suites/suite.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

// This machine's GPU of the gate's vendor: its architecture, or why there is none.
struct Present {
  std::string arch, why_not;
};

Present present_gpu(Vendor vendor) {
  try {
    const auto device = vendor == Vendor::nvidia ? open_cuda() : open_hip();
    return {device->profile().arch, {}};
  } catch (const Error& reason) {
    return {{}, reason.what()};
  } catch (const NativeFault& fault) {
    return {{}, fault.what()};
  }
}

std::vector<const DeviceProfile*> profiles_of(const std::string& arch) {
  std::vector<const DeviceProfile*> found;
  std::string known = "cpu";
  for (const DeviceProfile& profile : device_profiles()) {
    if (profile.vendor == Vendor::artificial) continue;
    if (profile.arch == arch) found.push_back(&profile);
    if (!known.ends_with(" " + profile.arch)) known += " " + profile.arch;
  }
  if (found.empty() && arch != "cpu") {
    throw BadInput(fmt::format("--arch {}: unknown, expected one of: {}", arch, known));
  }
  return found;
}

class GateRun {
 public:
  GateRun(Session& session, const GateSettings& options)
      : session_(session),
        options_(options),
        profiles_(profiles_of(options.arch)),
        folder_(options.output.empty() ? "gate-" + options.arch : options.output) {
    check_host_environment();
    make_folder(folder_, "--output");
    fs::path list = options.known;
    if (list.empty()) list = data_root() / "suites" / "known_failures.csv";
    known_ = read_known_failures(list);
    known_file_ = list.string();
  }

  void run() {
    if (!device()) return finish();
    for (const DeviceProfile* profile : profiles_) {
      judge("executor " + profile->name, "source", {"--device", profile->name});
    }
    for (const DeviceProfile* profile : profiles_) resources(profile->name);
    if (profiles_.empty()) {
      not_run("executor", "native kernels are for GPUs");
      not_run("resources", "native kernels are for GPUs");
    }
    rows_of("kv cache", {"kv", "--commit", "0.3"});
    timing();
    finish();
  }

 private:
  GatePart& not_run(const std::string& name, const std::string& why) {
    GatePart part;
    part.name = name;
    part.words = why;
    parts_.push_back(part);
    return parts_.back();
  }

  // Judges on the real device. Returns false if this machine is the wrong one for the gate.
  bool device() {
    if (profiles_.empty()) {
      backend_ = "kokkos";
      judge("correctness", backend_, {});
      return true;
    }
    const Vendor vendor = profiles_.front()->vendor;
    const Present present = present_gpu(vendor);
    if (present.arch == options_.arch) {
      backend_ = vendor == Vendor::nvidia ? "cuda" : "hip";
      judge("correctness", backend_, {});
      return true;
    }
    absent_ = present.arch.empty()
                  ? present.why_not
                  : fmt::format("the GPU of this machine is a {}, this gate is for {}",
                                present.arch, options_.arch);
    GatePart& part = not_run("correctness", absent_);
    if (present.arch.empty() && !options_.require_device) return true;
    part.state = PartState::invalid;
    return false;
  }

  void judge(const std::string& name, const std::string& backend,
             const std::vector<std::string>& more) {
    std::vector<std::string> words{"check"};
    for (const std::string& suite : options_.suites) words.insert(words.end(), {"--suite", suite});
    words.insert(words.end(), {"--backend", backend, "--seed", std::to_string(options_.seed)});
    words.insert(words.end(), more.begin(), more.end());
    rows_of(name, words);
  }

  fs::path log_of(std::string name) const {
    std::replace(name.begin(), name.end(), ' ', '_');
    return folder_ / (name + ".log");
  }

  GatePart& start(const std::string& name, const std::vector<std::string>& words) {
    GatePart& part = not_run(name, "");
    part.command = shell_line(session_.command_line("kernelgate", words));
    fmt::print("{:<26} {}\n", name, on_terminal(part.command));
    return part;
  }

  // Runs a part's command to its end, with its output in the log of that name.
  ProcessEnd run_part(const std::string& name, const std::vector<std::string>& words) const {
    return run_process({session_.command_line(own_program().string(), words),
                        ProcessOutput::new_log, log_of(name)});
  }

  // Sets a part's state from its process alone, with the last line of the log as its message.
  static void end_by_process(GatePart& part, const ProcessEnd& end, const fs::path& log) {
    part.seconds = end.seconds;
    part.state = state_of(static_cast<ExitCode>(end.exit_code));
    if (end.exit_code > 128) {
      part.words = end.describe();
    } else if (fs::exists(log)) {
      part.words = last_line(read_bytes(log));
    }
  }

  // Runs a command that appends records and judges the part by them.
  void rows_of(const std::string& name, std::vector<std::string> words) {
    GatePart& part = start(name, words);
    const fs::path rows = log_of(name).replace_extension(".csv");
    std::error_code ignored;
    fs::remove(rows, ignored);
    words.insert(words.end(), {"--records", rows.string()});
    const ProcessEnd end = run_part(name, words);
    end_by_process(part, end, log_of(name));
    if (!fs::exists(rows) || end.exit_code > 128) return;
    const std::vector<Record> found = read_records(rows).records;
    judge_rows(part, found, known_, options_.arch, utc_now().substr(0, 10),
               static_cast<ExitCode>(end.exit_code));
    records_.insert(records_.end(), found.begin(), found.end());
  }

  void resources(const std::string& profile) {
    const std::vector<std::string> words{"resources", "--device", profile};
    GatePart& part = start("resources " + profile, words);
    part.kind = Provenance::compiled;
    end_by_process(part, run_part(part.name, words), log_of(part.name));
  }

  void timing() {
    if (backend_.empty()) {
      not_run("timing", absent_);
    } else if (options_.baseline.empty()) {
      not_run("timing", "no baseline build (--baseline BUILD)");
    } else {
      // --strict: "cannot tell" is no pass here; decide() determines whether it closes the gate.
      std::vector<std::string> words{"compare",
                                     "--baseline",
                                     options_.baseline,
                                     "--candidate",
                                     own_program().parent_path().string(),
                                     "--backend",
                                     backend_,
                                     "--strict",
                                     "--records",
                                     (folder_ / "rounds.csv").string()};
      for (const std::string& suite : options_.suites)
        words.insert(words.end(), {"--suite", suite});
      GatePart& part = start("timing", words);
      part.kind = Provenance::measured;
      end_by_process(part, run_part(part.name, words), log_of(part.name));
    }
  }

  // Marks expected failures as unsupported. Faults of the list of known failures become a part.
  void finish() {
    const KnownOutcome outcome =
        apply_known_failures(records_, known_, options_.arch, utc_now().substr(0, 10));
    for (const KnownOutcome::Expected& expected : outcome.expected) {
      Record& record = records_[expected.record];
      record.message = fmt::format("expected until {}: {} ({}: {})", expected.row->expires,
                                   expected.row->reason, name(record.status), record.message);
      record.status = Status::unsupported;
    }
    if (!outcome.complaints.empty()) {
      GatePart& part = not_run("known failures", fmt::format("{}: {}", known_file_,
                                                             fmt::join(outcome.complaints, "; ")));
      part.state = PartState::failed;
    }
    const ExitCode code = decide(parts_, options_.strict);
    const std::string text = summary(options_.arch, parts_, code);
    fmt::print("\n{}", text);
    write_whole_file(folder_ / "summary.txt", printable(text));
    if (!options_.junit.empty()) write_junit(options_.junit, records_, verdicts());
    session_.end_with(code);
  }

  std::vector<JunitVerdict> verdicts() const {
    std::vector<JunitVerdict> all;
    for (const GatePart& part : parts_) {
      const bool let_through = part.state == PartState::not_run ||
                               (part.state == PartState::cannot_tell && !options_.strict);
      const Status status = part.state == PartState::passed ? Status::passed
                            : let_through                   ? Status::unsupported
                                                            : Status::incorrect;
      all.push_back(
          {part.name, status, fmt::format("{}: {}", name(part.state), part.words), part.command});
    }
    return all;
  }

  Session& session_;
  const GateSettings& options_;
  std::vector<const DeviceProfile*> profiles_;
  fs::path folder_;
  std::string known_file_, backend_, absent_;
  std::vector<KnownFailure> known_;
  std::vector<GatePart> parts_;
  std::vector<Record> records_;
};

}  // namespace

void run_gate(Session& session, const GateSettings& settings) { GateRun(session, settings).run(); }

}  // namespace kernelgate
