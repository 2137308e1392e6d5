#include "harness/cli/check_run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "harness/cli/case_record.hpp"
#include "harness/cli/isolate.hpp"
#include "harness/cli/real_devices.hpp"
#include "harness/records/columns.hpp"
#include "harness/verify/check.hpp"

namespace kernelgate {
namespace {

struct Job {
  const SuiteCase* suite_case = nullptr;
  const Variant* variant = nullptr;
  DataMode mode = DataMode::exact;
  VirtualRun on = {};  // no profile: on this host, or on a real device
  std::optional<std::string> refusal = std::nullopt;  // why it is not run at all
};

std::vector<Job> list_jobs(const std::vector<SuiteCase>& cases, const CheckRun& run) {
  std::vector<Job> jobs;
  for (const SuiteCase& c : cases) {
    for (const DataMode mode : run.modes) {
      const bool judged = mode != DataMode::exact || !c.shape->exact_not_applicable();
      for (const Variant* variant : c.variants) {
        if (!variant->native || !is_virtual(variant->backend) || !judged) {
          jobs.push_back({&c, variant, mode});
          continue;
        }
        const bool named = c.origin.starts_with("--case");
        if (auto refusal = named ? std::nullopt : too_large_for_executors(*c.shape)) {
          jobs.push_back({&c, variant, mode, {}, std::move(refusal)});
          continue;
        }
        for (const VirtualRun& on : run.virtual_runs.runs(*variant, *c.shape)) {
          jobs.push_back({&c, variant, mode, on});
        }
      }
    }
  }
  return jobs;
}

std::string first_line(std::string text) {
  const std::size_t start = text.find_first_not_of(' ');
  if (start == std::string::npos) return {};
  text = text.substr(start);
  return text.substr(0, text.find('\n'));
}

Checked blank(const Job& job, const CheckRun& run) {
  Checked checked{
      start_record(RowKind::check, run.run_id, *job.suite_case, *job.variant, job.mode, run.seed),
      ""};
  if (is_virtual(job.variant->backend)) checked.record.figure = FigureKind::modelled;
  if (job.on.profile != nullptr) {
    checked.record.device = job.on.profile->name;
    checked.record.schedule_seed = job.on.schedule_seed;
  }
  return checked;
}

/// Judges one job after another; keeps the truth while case and mode stay the same.
class Judge {
 public:
  explicit Judge(const CheckRun& run) : run_(run), devices_(*run.registry) {}

  Checked judge(const Job& job) {
    Checked checked = blank(job, run_);
    if (job.mode == DataMode::exact) {
      if (const auto reason = job.suite_case->shape->exact_not_applicable()) {
        checked.record.status = Status::unsupported;
        checked.message = "exact: not applicable: " + *reason;
        checked.record.message = first_line(checked.message);
        return checked;
      }
    }
    if (job.refusal) {
      checked.record.status = Status::unsupported;
      checked.record.message = checked.message = *job.refusal;
      return checked;
    }
    if (const auto missing = devices_.missing_for(*job.variant)) {
      checked.record.status = Status::unsupported;
      checked.message = *missing;
      checked.record.message = first_line(checked.message);
      return checked;
    }
    if (job.on.profile == nullptr) checked.record.device = devices_.profile_of(*job.variant);
    CheckResult result;
    try {
      std::optional<OpenVirtualDevice> device;
      if (job.on.profile != nullptr) {
        device.emplace(*run_.registry, job.variant->backend, *job.on.profile, job.on.schedule_seed,
                       run_.virtual_runs.flavour);
      }
      result = prepare(job).check(*job.variant);
    } catch (const BadInput& refusal) {  // no memory for the tensors, say
      result.status = Status::unsupported;
      result.message = refusal.what();
    }
    checked.record.status = result.status;
    checked.record.checked = result.checked;
    checked.record.total = result.total;
    if (job.mode == DataMode::real) checked.record.worst_budget_ratio = result.worst_ratio;
    checked.message = result.message;
    checked.record.message = first_line(result.message);
    return checked;
  }

 private:
  const PreparedCase& prepare(const Job& job) {
    if (!prepared_ || shape_ != job.suite_case->shape.get() || mode_ != job.mode) {
      prepared_.reset();
      shape_ = job.suite_case->shape.get();
      mode_ = job.mode;
      prepared_.emplace(*shape_, mode_, run_.seed);
    }
    return *prepared_;
  }

  const CheckRun& run_;
  RealDevices devices_;
  const Case* shape_ = nullptr;
  DataMode mode_ = DataMode::exact;
  std::optional<PreparedCase> prepared_;
};

}  // namespace

std::string pack(const Checked& checked) {
  nlohmann::json fields = nlohmann::json::array();
  for (const Column& column : record_columns) fields.push_back(column.print(checked.record));
  fields.push_back(checked.message);
  return fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Checked unpack(const std::string& text) {
  const nlohmann::json fields = nlohmann::json::parse(text);
  Checked checked;
  std::size_t i = 0;
  for (const Column& column : record_columns) {
    column.parse(checked.record, fields.at(i++).get_ref<const std::string&>());
  }
  checked.message = fields.at(i).get<std::string>();
  return checked;
}

std::int64_t CheckRun::count(const std::vector<SuiteCase>& cases) const {
  return static_cast<std::int64_t>(list_jobs(cases, *this).size());
}

void CheckRun::run(const std::vector<SuiteCase>& cases,
                   const std::function<void(const Checked&)>& done) const {
  const std::vector<Job> jobs = list_jobs(cases, *this);
  Judge judge(*this);
  if (!isolated) {
    const HostExecutor executor(threads);
    for (const Job& job : jobs) done(judge.judge(job));
    return;
  }
  IsolatedJobs isolated_jobs;
  isolated_jobs.count = static_cast<std::int64_t>(jobs.size());
  isolated_jobs.time_limit_seconds = time_limit_seconds;
  // Lives until the child leaves with _exit(): Kokkos is not finalised there on purpose.
  isolated_jobs.begin = [this] { new HostExecutor(threads); };
  isolated_jobs.run = [&](std::int64_t i) {
    return pack(judge.judge(jobs[static_cast<std::size_t>(i)]));
  };
  isolated_jobs.finish = [&](std::int64_t i, const JobOutcome& outcome) {
    if (outcome.end == JobOutcome::End::returned) {
      done(unpack(outcome.text));
      return;
    }
    Checked checked = blank(jobs[static_cast<std::size_t>(i)], *this);
    checked.record.status =
        outcome.end == JobOutcome::End::died ? Status::crashed : Status::timed_out;
    checked.record.message = checked.message = outcome.text;
    done(checked);
  };
  run_isolated(isolated_jobs);
}

}  // namespace kernelgate
