#include "harness/records/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/core/output_file.hpp"
#include "harness/core/random.hpp"
#include "harness/core/text_file.hpp"
#include "harness/records/record_reader.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string RunFolder::key(const Record& r) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", name(r.row), r.id(), name(r.backend),
                     r.data ? name(*r.data) : "", r.device,
                     r.schedule_seed ? std::to_string(*r.schedule_seed) : "",
                     r.cache ? name(*r.cache) : "", r.seed ? std::to_string(*r.seed) : "");
}

fs::path RunFolder::opened(const fs::path& folder, const std::string& identity) {
  make_folder(folder);
  const fs::path file = folder / "run.txt";
  if (fs::exists(file)) {
    if (const std::string got = read_bytes(file); got != identity) {
      throw BadInput(
          fmt::format("{}: this folder contains another run; continue with the same program and "
                      "options, or choose another folder\n  there\n{}  now\n{}",
                      file.string(), got, identity));
    }
  } else if (fs::exists(folder / "records.csv")) {
    throw BadInput(fmt::format(
        "{}: contains records but no run.txt that names their run; choose another folder",
        folder.string()));
  } else {
    write_whole_file(file, identity);
  }
  return folder;
}

RunFolder::RunFolder(const fs::path& folder, const std::string& identity, std::ostream& notes)
    : folder_(opened(folder, identity)),
      lock_(locked(folder_)),
      writer_(folder_ / "records.csv", notes) {
  rows_ = read_records(records()).records;
  for (const Record& row : rows_) keys_.insert(key(row));
}

RunFolder::~RunFolder() { close(lock_); }

int RunFolder::locked(const fs::path& folder) {
  const fs::path file = folder / "run.txt";
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  for (int i = 0; descriptor >= 0 && i < 50; ++i) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const std::string why = descriptor < 0 ? std::strerror(errno) : "another process uses it";
  if (descriptor >= 0) close(descriptor);
  throw BadInput(fmt::format("{}: {}", folder.string(), why));
}

bool RunFolder::keep(const Record& row) {
  if (has(row)) return false;
  writer_.append(row);
  rows_.push_back(row);
  keys_.insert(key(row));
  return true;
}

bool RunFolder::finished(const std::string& part) const {
  return fs::exists(folder_ / (part + ".done"));
}

void RunFolder::finish(const std::string& part) {
  write_whole_file(folder_ / (part + ".done"), utc_now() + "\n");
}

std::string fingerprint(const fs::path& file) {
  return fmt::format("{:016x}", fnv1a64(read_bytes(file)));
}

}  // namespace kernelgate
