// What every subcommand shares: the kernels, the threads, how the run ends.
#pragma once

#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/plugin/plugin.hpp"

// Named alone: the library costs ten seconds of compiling in each file that sees it whole.
namespace CLI {
class App;
}

namespace kernelgate {

class Session {
 public:
  Session() { register_kernels(registry_); }

  const Registry& registry() const { return registry_; }
  /// Adds the variants of a shared library, which a child process describes. The calling process
  /// must not have started threads yet. Throws BadInput for a library that cannot be used.
  void load_plugin(const std::string& file);
  const std::vector<std::string>& plugin_files() const { return plugins_; }
  /// The options that load them again.
  std::vector<std::string> plugin_words() const;
  /// The options that start a program with the same plugins and threads.
  std::vector<std::string> words() const;
  /// 0: as many as the machine offers.
  int threads = 0;
  /// The worse of the two stays.
  void end_with(ExitCode code) {
    if (exit_ == ExitCode::clean) exit_ = code;
  }
  ExitCode exit() const { return exit_; }

 private:
  Registry registry_;
  std::vector<std::string> plugins_;
  ExitCode exit_ = ExitCode::clean;
};

/// Kokkos for as long as the object lives. Starts threads: make it in the process that runs
/// kernels.
class HostExecutor {
 public:
  explicit HostExecutor(int threads);
  ~HostExecutor();
  HostExecutor(const HostExecutor&) = delete;
  HostExecutor& operator=(const HostExecutor&) = delete;
};
/// "5.2.2, OpenMP, 2 threads" once started.
std::string host_executor_in_words();
/// Whether the Kokkos of this build computes in the host's own memory.
bool host_executor_shares_memory();

// One subcommand a file. Each adds its options to `app` and runs in CLI11's callback.
void add_list_command(CLI::App& app, Session& session);
void add_devices_command(CLI::App& app, Session& session);
void add_check_command(CLI::App& app, Session& session);
void add_bench_command(CLI::App& app, Session& session);
void add_gate_command(CLI::App& app, Session& session);
void add_sample_command(CLI::App& app, Session& session);
void add_history_command(CLI::App& app, Session& session);
void add_compare_command(CLI::App& app, Session& session);
void add_forward_command(CLI::App& app, Session& session);
void add_rsa_command(CLI::App& app, Session& session);
void add_kv_command(CLI::App& app, Session& session);
void add_throughput_command(CLI::App& app, Session& session);
void add_validate_command(CLI::App& app, Session& session);
void add_report_command(CLI::App& app, Session& session);
void add_vectors_command(CLI::App& app, Session& session);
void add_resources_command(CLI::App& app, Session& session);
void add_support_command(CLI::App& app, Session& session);

}  // namespace kernelgate
