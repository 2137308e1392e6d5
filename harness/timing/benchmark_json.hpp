// Writes Google Benchmark's own JSON for all cases of a command. The library runs once per case and
// would overwrite the file each time.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace benchmark {
class BenchmarkReporter;
}

namespace kernelgate {

class BenchmarkJson {
 public:
  /// The instance of this process. Google Benchmark's flags are per process, too.
  static BenchmarkJson& of_process();

  /// Removes --benchmark_out=FILE and --benchmark_out_format=json from the flags, because the
  /// library would write the file itself. Throws BadInput for another format: console and csv
  /// contain nothing more.
  void take_flags(std::vector<std::string>& flags);
  /// Creates or truncates the file of the flags. Called in the process that starts the timing
  /// processes.
  static void start_file(std::vector<std::string> flags);

  /// Reporter for the library's next run; null without a file.
  benchmark::BenchmarkReporter* reporter();
  /// Adds the runs since the last call to the file, with one context and all runs in "benchmarks".
  /// Keeps what the file contains, so that another process can continue it after a crash.
  void write();

  ~BenchmarkJson();
  BenchmarkJson(const BenchmarkJson&) = delete;
  BenchmarkJson& operator=(const BenchmarkJson&) = delete;

 private:
  BenchmarkJson();
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::string file_;
};

}  // namespace kernelgate
