// kernelgate kv: compares the bytes of the KV cache, allocated and by formula, with MHA, GQA and
// MLA.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <optional>

#include "harness/cli/commands.hpp"
#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/model/attention_schemes.hpp"
#include "harness/model/kv_schemes.hpp"
#include "harness/model/model_source.hpp"
#include "harness/records/record_writer.hpp"
#include "harness/run/session.hpp"
#include "harness/timing/time_summary.hpp"
#include "reference/batch.hpp"
#include "reference/config.hpp"
#include "reference/synthetic.hpp"

namespace kernelgate {
namespace {

struct KvArguments {
  std::vector<std::string> models, checkpoints;
  std::vector<std::int64_t> tokens;
  std::string dtype, records;              // empty dtype: type_of()
  std::optional<double> commit_gigabytes;  // absent: 1 GB, and caches that do not fit are skipped
  std::vector<std::int64_t> time;
  int repetitions = 3;
};

/// 40960 -> "40,960"
std::string grouped(std::int64_t n) {
  std::string text = std::to_string(n);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

/// The type of keys and values: --dtype, else f32 or f16 if the config states one, else bf16.
Dtype type_of(const KvArguments& options, const reference::ModelConfig& config) {
  if (!options.dtype.empty()) return *parse_dtype(options.dtype);
  const std::optional<Dtype> stated = reference::stated_dtype(config);
  return stated == Dtype::f32 || stated == Dtype::f16 ? *stated : Dtype::bf16;
}

/// Remark for lengths beyond the model's context. Their bytes are computed nevertheless, as a plan
/// for a model with a longer context.
std::string beyond_context(const reference::ModelConfig& config, std::int64_t tokens) {
  if (reference::fits_context(config, tokens)) return {};
  return fmt::format("beyond the model's longest context of {}", grouped(config.max_positions));
}

class KvReport {
 public:
  KvReport(Session& session, const KvArguments& options) : session_(session), options_(options) {
    if (!options.records.empty()) writer_.emplace(options.records, std::cerr);
  }

  /// `option` is the option that chose the configuration: --model, or --checkpoint with a folder.
  void print(const char* option, const std::string& name, const reference::ModelConfig& config) {
    type_ = type_of(options_, config);
    const std::vector<model::KvScheme> schemes = model::kv_schemes(config);
    const std::int64_t least = model::closed_form(schemes[0], config, type_, 1).cache;
    fmt::print("{}: {} layers, width {}, {}; one token over all layers, full attention\n", name,
               config.num_blocks(), config.hidden_size, kernelgate::name(type_));
    for (const model::KvScheme& s : schemes) {
      const std::int64_t bytes = model::closed_form(s, config, type_, 1).unwindowed;
      fmt::print("  {:<6} {:>12} bytes {:>7.3f}x  {}\n", s.name, grouped(bytes),
                 static_cast<double>(bytes) / static_cast<double>(least), s.what);
    }
    fmt::print("\n  {:<6} {:>9} {:>19} {:>19} {:>19} {:>19} {:>9}  {}\n", "", "tokens", "allocated",
               "closed form", "pages written", "without windows", "fixed", "");
    std::string not_written;  // reason for the last cache that did not fit
    for (const std::int64_t tokens : lengths(config)) {
      for (const model::KvScheme& s : schemes) {
        const std::string shortage = line(option, name, config, s, tokens);
        if (!shortage.empty()) not_written = shortage;
      }
    }
    if (!not_written.empty()) fmt::print("  pages of a cache not tried: {}\n", not_written);
    if (!not_reserved_.empty()) {
      fmt::print("  address space of a cache not available: {}\n", not_reserved_);
      not_reserved_.clear();
    }
    fmt::print("\n");
  }

 private:
  std::vector<std::int64_t> lengths(const reference::ModelConfig& config) const {
    if (!options_.tokens.empty()) return options_.tokens;
    const std::int64_t most = config.max_positions > 0 ? config.max_positions : 4096;
    return {std::min<std::int64_t>(most, 4096), most};
  }

  /// Prints and records one scheme at one length. Returns why the pages of its cache were not
  /// written if memory is short, otherwise an empty text.
  std::string line(const char* option, const std::string& name,
                   const reference::ModelConfig& config, const model::KvScheme& scheme,
                   std::int64_t tokens) {
    const model::KvBytes expected = model::closed_form(scheme, config, type_, tokens);
    const bool asked =
        static_cast<double>(expected.cache) <= 1e9 * options_.commit_gigabytes.value_or(1);
    const FreeMemory free = free_memory();
    const bool commit = asked && expected.cache < free.bytes / 2;
    std::string shortage;
    if (asked && !commit) {
      shortage = fmt::format("{:.2f} GB are more than half of the free memory, {}",
                             1e-9 * static_cast<double>(expected.cache), free.describe());
      if (options_.commit_gigabytes) {
        throw BadInput(
            fmt::format("kv --commit {}: {} at {} tokens: {}; lower --commit or --tokens",
                        *options_.commit_gigabytes, scheme.name, tokens, shortage));
      }
    }
    const auto row = [&](const std::string& allocated, const std::string& pages,
                         const std::string& fixed, const std::string& remark) {
      fmt::print("  {:<6} {:>9} {:>19} {:>19} {:>19} {:>19} {:>9}  {}\n", scheme.name, tokens,
                 allocated, grouped(expected.cache), pages, grouped(expected.unwindowed), fixed,
                 remark);
    };
    model::KvAllocation got;
    try {
      got = model::allocate_kv(scheme, config, type_, tokens, commit);
    } catch (const model::NoAddressSpace& unsupported_reason) {
      if (commit && options_.commit_gigabytes) throw;
      not_reserved_ = unsupported_reason.what();
      row("not tried", "not tried", "not tried", beyond_context(config, tokens));
      return shortage;
    }
    const std::string lost = model::lost_saving(expected, got, config);
    row(grouped(got.cache), commit ? grouped(got.committed) : "not tried", grouped(got.fixed),
        lost.empty() ? beyond_context(config, tokens) : "LOST SAVING: " + lost);
    if (!lost.empty()) session_.end_with(ExitCode::incorrect);
    if (!writer_) return shortage;
    const std::string dtype(kernelgate::name(type_));
    Record r = start_record(RowKind::check, run_id_);
    r.kernel = "kv";
    r.variant = scheme.name;
    r.backend = Backend::kokkos;
    r.axes = fmt::format("model={},tokens={},{}", name, tokens, dtype);
    r.dtype = dtype;
    r.status = lost.empty() ? Status::passed : Status::incorrect;
    r.message = lost;
    r.bytes = got.cache + got.fixed;
    r.checked = r.total = commit ? 3 : 2;
    std::vector<std::string> words{option,    name, "--tokens", std::to_string(tokens),
                                   "--dtype", dtype};
    if (options_.commit_gigabytes) {
      words.insert(words.end(), {"--commit", fmt::format("{}", *options_.commit_gigabytes)});
    }
    add_options(r, words);
    writer_->append(r);
    return shortage;
  }

  Session& session_;
  const KvArguments& options_;
  Dtype type_ = Dtype::bf16;  // of the model that is printed
  std::string run_id_ = new_run_id();
  std::string not_reserved_;  // why a cache was not allocated at all
  std::optional<RecordWriter> writer_;
};

TimeSummary summary_of(const std::vector<model::SchemeTime>& runs) {
  std::vector<TimedSpan> spans;
  spans.reserve(runs.size());
  for (const model::SchemeTime& run : runs) spans.push_back(run.whole);
  return summarise(spans);
}

/// Times one layer in each scheme, for a prefill of `tokens` and for one token after them. The
/// repetitions are interleaved, so that a ratio compares runs close together in time.
void print_times(Session& session, const KvArguments& options, const std::string& name,
                 const reference::ModelConfig& config) {
  model::Operations operations(session.registry(), Backend::kokkos, false);
  const Dtype type = type_of(options, config);
  const std::vector<model::SchemeShape> shapes = model::scheme_shapes(config);
  for (const std::int64_t tokens : options.time) {
    // Upper bound over the schemes: queries, keys, values, their expanded form and the results.
    require_memory(16 * tokens * config.hidden_size * size_bytes(type),
                   fmt::format("kv --time {}: one layer's attention", tokens),
                   "expected fewer tokens");
    for (const std::int64_t context : {std::int64_t{0}, tokens}) {
      std::vector<std::vector<model::SchemeTime>> runs(shapes.size());
      for (int r = 0; r < options.repetitions; ++r) {
        for (std::size_t i = 0; i < shapes.size(); ++i) {
          runs[i].push_back(
              model::time_scheme(operations, shapes[i], config, type, tokens, context));
        }
      }
      const std::string beyond = beyond_context(config, context == 0 ? tokens : context + 1);
      fmt::print("{}, one layer, {}: {} (measured; {}){}{}\n", name, kernelgate::name(type),
                 context == 0 ? fmt::format("prefill of {} tokens", tokens)
                              : fmt::format("one token after {}", context),
                 host_executor_text(), beyond.empty() ? "" : "; ", beyond);
      const TimeSummary first = summary_of(runs[0]);
      DisturbedCount disturbed;
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        const TimeSummary time = summary_of(runs[i]);
        disturbed.add(time);
        std::string split;
        for (const auto& [part, s] : runs[i][time.median_sample()].parts) {
          split += fmt::format(" {} {:.2f} ms", part, 1e3 * s);
        }
        const std::optional<double> ratio = paired_ratio(time, first);
        fmt::print("  {:<6} {:>10.2f} ms{} {:>7} CCGQA {:<26} {}\n", shapes[i].name,
                   1e3 * time.median, time.all_marked() ? all_disturbed_mark : " ",
                   ratio ? fmt::format("{:.2f}x", *ratio) : std::string("-"),
                   time.has_spread()
                       ? fmt::format("({:.2f} .. {:.2f})", 1e3 * time.low, 1e3 * time.high)
                       : std::string("(one sample)"),
                   split);
      }
      fmt::print("  disturbed {}\n\n", describe(disturbed, true));
    }
  }
}

void run_kv(Session& session, const KvArguments& options) {
  KvReport report(session, options);
  std::vector<std::string> names = options.models;
  if (names.empty() && options.checkpoints.empty()) names = {"8b", "74b"};
  std::optional<HostExecutor> host;  // once for all models: Kokkos cannot start twice
  if (!options.time.empty()) host.emplace(session.threads);
  for (const std::string& name : names) {
    const reference::ModelConfig config = *reference::named_config(name);
    report.print("--model", name, config);
    if (host) print_times(session, options, name, config);
  }
  for (const std::string& directory : options.checkpoints) {
    reference::Notices notices;
    const reference::ModelConfig config =
        reference::read_config(directory + "/config.json", &notices);
    print_notices(notices);
    report.print("--checkpoint", directory, config);
    if (host) print_times(session, options, directory, config);
  }
}

}  // namespace

void add_kv_command(CLI::App& app, Session& session) {
  auto options = std::make_shared<KvArguments>();
  CLI::App* command = app.add_subcommand(
      "kv", "Bytes of the KV cache, allocated and by formula, against MLA, GQA and MHA");
  command
      ->add_option("--model", options->models,
                   "t0, t1, s340, 8b or 74b; may repeat; default 8b 74b")
      ->check(CLI::IsMember(reference::config_names()));
  command->add_option("--checkpoint", options->checkpoints,
                      "Directory with a config.json; may repeat");
  command
      ->add_option("--tokens", options->tokens,
                   "Lengths of a sequence; default 4,096 and the model's longest context")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 24));
  command
      ->add_option("--dtype", options->dtype,
                   "Storage type of keys and values (default: the type that a checkpoint's "
                   "config.json states, if it is one of these; otherwise bf16)")
      ->check(CLI::IsMember({"f32", "bf16", "f16"}));
  command
      ->add_option("--commit", options->commit_gigabytes,
                   "Write every row of caches of up to this many GB, and count the pages (default: "
                   "1, if half of the free memory suffices)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--time", options->time,
                   "Time one layer's attention of each scheme: prefill of this many tokens, and "
                   "one token after them; may repeat")
      ->check(CLI::Range(1, 262144));
  command->add_option("--repetitions", options->repetitions, "Runs of --time, interleaved")
      ->check(CLI::Range(1, 1000));
  command->add_option("--records", options->records, "Append one row per line to this CSV file");
  command->footer("Example: kernelgate kv --model 8b --tokens 131072");
  command->callback([&session, options] { run_kv(session, *options); });
}

}  // namespace kernelgate
