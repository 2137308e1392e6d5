#include "harness/run/check_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "harness/core/processors.hpp"
#include "harness/core/text_parts.hpp"
#include "harness/records/columns.hpp"
#include "harness/run/case_record.hpp"
#include "harness/run/child_answer.hpp"
#include "harness/run/counters_table.hpp"
#include "harness/run/determinism_claim_cases.hpp"
#include "harness/run/host_environment.hpp"
#include "harness/run/in_order.hpp"
#include "harness/run/isolate.hpp"
#include "harness/run/real_devices.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {
namespace {

struct Job {
  const SuiteCase* suite_case = nullptr;
  const Variant* variant = nullptr;
  DataMode mode = DataMode::exact;
  VirtualRun on = {};  // without profile: on this host or a real device
  std::optional<std::string> unsupported_reason = std::nullopt;  // why it is unsupported
};

void place(const Job& job, Record& record) {
  if (job.on.profile == nullptr) return;
  record.device = job.on.profile->name;
  record.schedule_seed = job.on.schedule_seed;
}

// The columns that distinguish a job's row from other rows of its run.
Record identity(const Job& job) {
  Record record;
  record.kernel = job.suite_case->kernel->name;
  record.variant = job.variant->name;
  record.backend = job.variant->backend;
  record.axes = job.suite_case->shape->axes();
  record.data = job.mode;
  place(job, record);
  return record;
}

/// Lists the jobs of one case after another, mode by mode.
class JobList {
 public:
  JobList(const std::vector<SuiteCase>& cases, const CheckRun& run)
      : run_(run), determinism_claims_(cases, run.virtual_runs) {
    for (const SuiteCase& c : cases) {
      refused_.clear();
      for (const DataMode mode : run.modes) {
        const bool judged = mode != DataMode::exact || !c.shape->exact_not_applicable();
        for (const Variant* variant : c.variants) {
          if (variant->native && is_virtual(variant->backend) && judged) {
            add_virtual({&c, variant, mode});
          } else {
            jobs_.push_back({&c, variant, mode});
          }
        }
      }
    }
  }

  std::vector<Job> take() {
    if (run_.finished != nullptr) leave_out(*run_.finished);
    return std::move(jobs_);
  }

 private:
  // Skips a case only if all its schedules are finished, because their bits are compared.
  void leave_out(const FinishedRows& finished) {
    std::set<FinishedRows::Group> open;
    for (const Job& job : jobs_) {
      const Record record = identity(job);
      if (!finished.has(record)) open.insert(FinishedRows::group_of(record));
    }
    std::erase_if(jobs_, [&](const Job& job) {
      return !open.contains(FinishedRows::group_of(identity(job)));
    });
  }

  void add_virtual(const Job& job) {
    const Case& shape = *job.suite_case->shape;
    if (!is_named(*job.suite_case)) {
      if (auto unsupported_reason = too_large_for_executors(shape)) {
        add_unsupported_reason(job, {}, std::move(unsupported_reason));
        return;
      }
    }
    std::vector<const DeviceProfile*> claimed;
    if (job.mode == DataMode::real) claimed = determinism_claims_.profiles(*job.variant, shape);
    for (VirtualRun& on : run_.virtual_runs.runs(*job.variant, shape, claimed)) {
      if (on.unsupported_reason) {
        add_unsupported_reason(job, on, std::move(on.unsupported_reason));
      } else {
        jobs_.push_back({job.suite_case, job.variant, job.mode, on});
      }
    }
  }

  // Whether a device supports a case does not depend on the data: one row reports it.
  void add_unsupported_reason(const Job& job, const VirtualRun& on,
                              std::optional<std::string> reason) {
    if (!refused_.insert({job.variant, on.profile}).second) return;
    jobs_.push_back(
        {job.suite_case, job.variant, job.mode, {on.profile, on.schedule_seed}, std::move(reason)});
  }

  const CheckRun& run_;
  DeterminismClaimCases determinism_claims_;
  std::set<std::pair<const Variant*, const DeviceProfile*>> refused_;  // of the present case
  std::vector<Job> jobs_;
};

Checked blank(const Job& job, const CheckRun& run) {
  Checked checked{
      start_record(RowKind::check, run.run_id, *job.suite_case, *job.variant, job.mode, run.seed),
      ""};
  if (is_virtual(job.variant->backend)) checked.record.provenance = Provenance::modelled;
  place(job, checked.record);
  add_program_options(checked.record, run.plugin_words, run.threads);
  if (job.on.profile != nullptr) add_options(checked.record, run.virtual_runs.words());
  return checked;
}

/// Judges one job after another; keeps the reference values while case and mode stay the same.
class Judge {
 public:
  explicit Judge(const CheckRun& run) : run_(run) {}

  Checked judge(const Job& job) {
    Checked checked = blank(job, run_);
    const auto reason = reason_not_to_run(job);
    CheckResult result = reason ? refused(*reason) : run(job, checked.record, checked.counters);
    hold_to_determinism_claim(job, result, checked.record);
    checked.record.status = result.status;
    if (result.status != Status::unsupported) {
      checked.record.checked = result.checked;
      checked.record.total = result.total;
      if (job.mode == DataMode::real) checked.record.worst_error_ratio = result.worst_ratio;
    }
    checked.message = result.message;
    checked.record.message = first_line(trimmed(result.message));
    return checked;
  }

 private:
  std::optional<std::string> reason_not_to_run(const Job& job) {
    if (job.mode == DataMode::exact) {
      if (const auto reason = job.suite_case->shape->exact_not_applicable()) {
        return "exact: not applicable: " + *reason;
      }
    }
    if (job.unsupported_reason) return job.unsupported_reason;
    return devices_.missing_for(*job.variant);
  }

  static CheckResult refused(const std::string& reason) {
    CheckResult result;
    result.status = Status::unsupported;
    result.message = reason;
    return result;
  }

  CheckResult run(const Job& job, Record& record, std::vector<LaunchCounters>& counters) {
    const Variant& variant = *job.variant;
    try {
      if (job.on.profile == nullptr) {
        record.device = devices_.profile_of(variant);
        return prepare(job).check(variant, devices_.device_of(variant));
      }
      const auto device = open_virtual_device(variant.backend, *job.on.profile,
                                              job.on.schedule_seed, run_.virtual_runs.executor);
      CheckResult result = prepare(job).check(variant, device.get());
      counters = launch_counters(*device);
      return result;
    } catch (const Unavailable& reason) {  // for example, no memory for the tensors
      return refused(reason.what());
    } catch (const DeviceLost&) {  // ends the process
      throw;
    } catch (const std::exception& error) {  // of the case, its inputs or its reference
      CheckResult result;
      result.status = Status::crashed;
      result.message = fmt::format("the case or its reference threw: {}", error.what());
      return result;
    }
  }

  const PreparedCase& prepare(const Job& job) {
    if (!prepared_ || shape_ != job.suite_case->shape.get() || mode_ != job.mode) {
      prepared_.reset();
      shape_ = job.suite_case->shape.get();
      mode_ = job.mode;
      prepared_.emplace(*shape_, mode_, run_.seed);
    }
    return *prepared_;
  }

  // Tests a determinism claim: bits must be the same under every schedule. Those of the first
  // schedule of a case, mode and device are kept, and the others must agree.
  void hold_to_determinism_claim(const Job& job, CheckResult& result, Record& record) {
    if (job.on.profile == nullptr || result.status != Status::passed) return;
    const Reproducible& determinism_claim = job.variant->native->reproducible;
    if (!determinism_claim.bits) return;
    const bool first = first_.suite_case != job.suite_case || first_.variant != job.variant ||
                       first_.mode != job.mode || first_.on.profile != job.on.profile;
    if (first) {
      first_ = job;
      first_bits_ = result.bits;
      return;
    }
    for (std::size_t i = 0; i < result.bits.size(); ++i) {
      if (result.bits[i] == first_bits_[i]) continue;
      if (result.status == Status::passed) {
        const std::string other = std::to_string(first_.on.schedule_seed);
        add_options(record, std::vector<std::string>{"--schedule-seed", other});
      }
      result.status = Status::incorrect;
      result.message += fmt::format(
          "  claim    bits of '{}' differ from those under schedule {}, though declared "
          "reproducible ({}); --schedule-seed {} beside the other shows both\n",
          job.suite_case->shape->tensors()[i].name, first_.on.schedule_seed, determinism_claim.why,
          first_.on.schedule_seed);
    }
  }

  const CheckRun& run_;
  RealDevices devices_;
  const Case* shape_ = nullptr;
  DataMode mode_ = DataMode::exact;
  std::optional<PreparedCase> prepared_;
  Job first_;
  std::vector<std::uint64_t> first_bits_;
};

}  // namespace

std::string pack(const Checked& checked) {
  nlohmann::json fields = nlohmann::json::array();
  for (const Column& column : record_columns) fields.push_back(column.print(checked.record));
  fields.push_back(checked.message);
  fields.push_back(to_json(checked.counters));
  return fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Checked unpack(const std::string& text) {
  const nlohmann::json fields = nlohmann::json::parse(text);
  Checked checked;
  std::size_t i = 0;
  for (const Column& column : record_columns) {
    column.parse(checked.record, fields.at(i++).get_ref<const std::string&>());
  }
  checked.message = fields.at(i++).get<std::string>();
  checked.counters = counters_from(fields.at(i));
  return checked;
}

std::string pack_rows(const std::vector<Record>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const Record& row : rows) list.push_back(pack({row, ""}));
  return list.dump();
}

std::vector<Record> unpack_rows(const std::string& text) {
  const nlohmann::json answer = answer_in(text);
  std::vector<Record> rows;
  rows.reserve(answer.size());
  for (const auto& row : answer) rows.push_back(unpack(row.get<std::string>()).record);
  return rows;
}

namespace {

bool runs_on_host(const Job& job) { return job.on.profile == nullptr && !job.unsupported_reason; }

/// End of a slice of at least `enough` jobs from `first` on that does not split a case.
std::size_t end_of_slice(const std::vector<Job>& jobs, std::size_t first, std::size_t enough) {
  std::size_t last = std::min(first + enough, jobs.size());
  while (last < jobs.size() && jobs[last].suite_case == jobs[last - 1].suite_case) ++last;
  return last;
}

/// The row of a job that returned nothing.
Checked unanswered(const Job& job, const CheckRun& run, const JobOutcome& outcome) {
  Checked checked = blank(job, run);
  const bool late = outcome.end == JobOutcome::End::timed_out;
  checked.record.status = status_of(outcome.end);
  checked.record.message = checked.message = outcome.text;
  if (late) {
    add_options(checked.record, std::vector<std::string>{
                                    "--time-limit", fmt::format("{}", run.time_limit_seconds)});
  }
  return checked;
}

/// Judges the jobs with the indices `part`, each case and mode in one child, so that its reference
/// values are computed once.
void run_in_children(const CheckRun& run, const std::vector<Job>& jobs,
                     const std::vector<std::size_t>& part, int children, InOrder<Checked>& rows) {
  const auto job = [&](std::int64_t i) -> const Job& {
    return jobs[part[static_cast<std::size_t>(i)]];
  };
  Judge judge(run);
  IsolatedJobs isolated;
  isolated.count = std::ssize(part);
  isolated.time_limit_seconds = run.time_limit_seconds;
  isolated.children = children;
  for (std::int64_t i = 0; i < isolated.count && children > 1; ++i) {
    const bool same =
        i > 0 && job(i).suite_case == job(i - 1).suite_case && job(i).mode == job(i - 1).mode;
    if (!same) isolated.groups.push_back(i);
  }
  // Never deleted: the child leaves with _exit(), deliberately without finalising Kokkos.
  isolated.begin = [&] { new HostExecutor(children > 1 ? 1 : run.threads); };
  isolated.run = [&](std::int64_t i) { return pack(judge.judge(job(i))); };
  isolated.finish = [&](std::int64_t i, const JobOutcome& outcome) {
    const bool answered = outcome.end == JobOutcome::End::returned;
    rows.add(static_cast<std::int64_t>(part[static_cast<std::size_t>(i)]),
             answered ? unpack(outcome.text) : unanswered(job(i), run, outcome));
  };
  run_isolated(isolated);
}

}  // namespace

std::int64_t CheckRun::count(const std::vector<SuiteCase>& cases) const {
  return static_cast<std::int64_t>(JobList(cases, *this).take().size());
}

void CheckRun::run(const std::vector<SuiteCase>& cases,
                   const std::function<void(const Checked&)>& done) const {
  check_host_environment();
  const std::vector<Job> jobs = JobList(cases, *this).take();
  if (!isolated) {
    Judge judge(*this);
    const HostExecutor executor(threads);
    for (const Job& job : jobs) done(judge.judge(job));
    return;
  }
  // Kernels of this host use all cores and run one at a time; virtual devices use one core each and
  // run concurrently. A list with both is cut into slices: rows are reported in order, and slices
  // keep the number of held-back rows small.
  const auto on_host = std::count_if(jobs.begin(), jobs.end(), runs_on_host);
  const bool mixed = on_host > 0 && on_host < std::ssize(jobs);
  const std::size_t slice = mixed ? 500 : jobs.size();
  InOrder<Checked> rows([&](std::int64_t, const Checked& row) { done(row); });
  for (std::size_t first = 0; first < jobs.size();) {
    const std::size_t last = end_of_slice(jobs, first, slice);
    std::vector<std::size_t> host, executor;
    for (std::size_t i = first; i < last; ++i) {
      (runs_on_host(jobs[i]) ? host : executor).push_back(i);
    }
    run_in_children(*this, jobs, host, 1, rows);
    run_in_children(*this, jobs, executor, threads_or_all(threads), rows);
    first = last;
  }
}

}  // namespace kernelgate
