// Google Benchmark's own JSON for all cases of a command, though the library is run once a case and
// would begin the file anew each time.
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
  /// The one of this process: Google Benchmark's flags belong to the process, too.
  static BenchmarkJson& of_process();

  /// Takes --benchmark_out=FILE and --benchmark_out_format=json out of the flags, which would have
  /// the library write the file itself. Throws BadInput for another format: console and csv hold no
  /// more.
  void take_flags(std::vector<std::string>& flags);
  /// Begins the file of the flags anew, in the process that starts the ones that time.
  static void start_file(std::vector<std::string> flags);

  /// For the library's next run; null without a file.
  benchmark::BenchmarkReporter* reporter();
  /// Adds the runs since to the file: the context stands once, "benchmarks" holds all. Whatever
  /// stood there stays: after a crash another process goes on with it.
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
