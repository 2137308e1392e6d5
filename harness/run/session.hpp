// State shared by all subcommands: kernels, plugins, threads, exit code.
#pragma once

#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/registry.hpp"
#include "harness/plugin/plugin.hpp"

namespace kernelgate {

/// One start of the program.
class Session {
 public:
  Session() { register_kernels(registry_); }

  const Registry& registry() const { return registry_; }
  /// Adds the variants of a shared library, which a child process loads to list them. The calling
  /// process must not have started threads yet. Throws BadInput for an unusable library.
  void load_plugin(const std::string& file);
  const std::vector<std::string>& plugin_files() const { return plugins_; }
  /// The options that load the same plugins: --plugin FILE per plugin.
  std::vector<std::string> plugin_words() const;
  /// The options that start the program with the same plugins and threads.
  std::vector<std::string> words() const;
  /// The line that starts `program` with the same plugins and threads; the subcommand is the first
  /// argument.
  std::vector<std::string> command_line(const std::string& program,
                                        std::vector<std::string> arguments) const;
  /// Host threads; 0: as many as the machine offers.
  int threads = 0;
  /// Sets the exit code, unless an earlier call set a graver one.
  void end_with(ExitCode code) { exit_ = graver(exit_, code); }
  ExitCode exit() const { return exit_; }

 private:
  Registry registry_;
  std::vector<std::string> plugins_;
  ExitCode exit_ = ExitCode::clean;
};

/// Initialises Kokkos for the object's lifetime. Starts threads, so create it in the process that
/// runs the kernels.
class HostExecutor {
 public:
  explicit HostExecutor(int threads);
  ~HostExecutor();
  HostExecutor(const HostExecutor&) = delete;
  HostExecutor& operator=(const HostExecutor&) = delete;
};
/// "Kokkos 5.2.2, OpenMP, 2 threads". Requires a HostExecutor.
std::string host_executor_text();
/// Whether the Kokkos of this build computes in host memory.
bool host_executor_shares_memory();

}  // namespace kernelgate
