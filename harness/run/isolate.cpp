#include "harness/run/isolate.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/free_memory.hpp"
#include "harness/core/process.hpp"
#include "harness/run/in_order.hpp"
#include "harness/run/interrupts.hpp"

namespace kernelgate {
namespace {

using Clock = std::chrono::steady_clock;

/// The "job" of the child's first message: empty once begin() has returned, or what it threw.
constexpr std::int64_t beginning = -1;

constexpr std::uint64_t header_mark = 0x6b65726e67617465;
constexpr std::int64_t max_text_bytes = std::int64_t{1} << 30;

/// Header of a child's message: a mark, the job, the exit code of the error that ended it, and the
/// length of the text that follows.
struct Header {
  std::uint64_t mark = header_mark;
  std::int64_t job = 0;
  ExitCode code = ExitCode::clean;
  std::int64_t bytes = 0;
};

/// The text of a message: the job's result, or the message of the error with that exit code.
struct Answer {
  ExitCode code = ExitCode::clean;
  std::string text;
};

void write_all(int fd, const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = write(fd, from, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(3);  // the parent is gone
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void send(int fd, std::int64_t job, const Answer& answer) {
  const Header header{header_mark, job, answer.code, static_cast<std::int64_t>(answer.text.size())};
  write_all(fd, &header, sizeof header);
  write_all(fd, answer.text.data(), answer.text.size());
}

/// The jobs in [next, last).
struct Range {
  std::int64_t next = 0, last = 0;
  bool empty() const { return next >= last; }
};

/// Reads the next range that the parent requests; false if there is no further request.
bool read_range(int fd, Range& range) {
  char* to = reinterpret_cast<char*>(&range);
  for (std::size_t got = 0; got < sizeof range;) {
    const ssize_t bytes = read(fd, to + got, sizeof range - got);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return false;
    got += static_cast<std::size_t>(bytes);
  }
  return true;
}

/// Closes the parent's other descriptors, such as its records file, so that a kernel with stray
/// writes cannot reach them.
void close_others(int kept) {
  const auto first = static_cast<unsigned>(STDERR_FILENO + 1), own = static_cast<unsigned>(kept);
  if (own > first) close_range(first, own - 1, 0);
  close_range(own + 1, ~0U, 0);
}

/// Calls begin(). Any error ends the child.
Answer begin_in_child(const IsolatedJobs& jobs) {
  try {
    if (jobs.begin) jobs.begin();
  } catch (const Unavailable& reason) {
    return {reason.exit_code(), reason.what()};
  } catch (const std::exception& error) {
    const bool silent = std::string(error.what()).empty();
    return {ExitCode::bad_input, silent ? "unknown error" : error.what()};
  }
  return {};
}

Answer run_in_child(const IsolatedJobs& jobs, std::int64_t i) {
  try {
    return {ExitCode::clean, jobs.run(i)};
  } catch (const Unavailable& reason) {
    return {reason.exit_code(), reason.what()};
  } catch (const DeviceLost& reason) {
    return {reason.exit_code(), reason.what()};
  }
}

[[noreturn]] void child_main(const IsolatedJobs& jobs, int parent) {
  leave_interrupts_alone();
  close_others(parent);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // the child must not outlive a killed parent
  const Answer begun = begin_in_child(jobs);
  send(parent, beginning, begun);
  if (begun.code != ExitCode::clean) _exit(0);
  for (Range range; read_range(parent, range);) {
    for (; !range.empty(); ++range.next) {
      const Answer answer = run_in_child(jobs, range.next);
      send(parent, range.next, answer);
      if (answer.code == ExitCode::device_lost) _exit(static_cast<int>(answer.code));
    }
  }
  std::fflush(nullptr);
  _exit(0);  // no destructors of state that the parent owns
}

/// The time `limit_seconds` from now; 0: never.
Clock::time_point deadline(double limit_seconds) {
  if (!(limit_seconds > 0)) return Clock::time_point::max();
  const std::chrono::duration<double> limit(std::min(limit_seconds, 1e8));
  return std::chrono::time_point_cast<Clock::duration>(Clock::now() + limit);
}

/// Timeout for poll(): at most a second, after which the caller checks whether the child has ended.
int milliseconds_until(Clock::time_point until) {
  constexpr std::int64_t longest = 1000;
  if (until == Clock::time_point::max()) return longest;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
}

/// The parent's view: one child and the connection to it.
class Child {
 public:
  explicit Child(const IsolatedJobs& jobs) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw MissingResource(std::string("cannot connect a child process: ") + std::strerror(errno));
    }
    std::fflush(nullptr);
    pid_ = fork();
    const int failure = errno;
    if (pid_ == 0) {
      close(ends[0]);
      child_main(jobs, ends[1]);
    }
    close(ends[1]);
    fd_ = ends[0];
    if (pid_ > 0) return;
    close(fd_);
    throw MissingResource(std::string("cannot start a child process: ") + std::strerror(failure) +
                          "; limits of processes may be the cause (ulimit -u, pids.max)");
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    close(fd_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait_status();
    }
  }

  int descriptor() const { return fd_; }

  /// Does not fail if the child has ended; the next read detects that.
  void ask_for(const Range& range) const { ::send(fd_, &range, sizeof range, MSG_NOSIGNAL); }

  /// Asks the system, because the end of the stream proves nothing: a grandchild can keep it open,
  /// and a child that closes its descriptors can continue.
  bool has_ended() const { return process_has_ended(pid_); }

  enum class Read { message, foreign, end, late };

  /// Waits until `until` for the message of this job. `foreign`: bytes not written by send().
  Read next_until(Clock::time_point until, std::int64_t job, Answer& answer) {
    Header header;
    const Read first = fill(&header, sizeof header, until);
    if (first != Read::message) return first;
    if (header.mark != header_mark || header.job != job || header.bytes < 0 ||
        header.bytes > max_text_bytes) {
      return Read::foreign;
    }
    answer.code = header.code;
    answer.text.resize(static_cast<std::size_t>(header.bytes));
    return fill(answer.text.data(), answer.text.size(), until);
  }

  int wait_status() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  Read fill(void* into, std::size_t bytes, Clock::time_point until) {
    char* to = static_cast<char*>(into);
    while (bytes > 0) {
      const bool ended = has_ended();  // before poll(), which then sees everything it wrote
      pollfd entry{fd_, POLLIN, 0};
      const int ready = poll(&entry, 1, ended ? 0 : milliseconds_until(until));
      if (ready == 0 && ended) return Read::end;
      if (ready == 0 && until <= Clock::now()) return Read::late;
      if (ready <= 0) continue;  // interrupted or timed out: the loop checks the deadline
      const ssize_t got = read(fd_, to, bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return ends_until(until) ? Read::end : Read::late;
      to += got;
      bytes -= static_cast<std::size_t>(got);
    }
    return Read::message;
  }

  /// After the end of the stream, waits for the end of the process.
  bool ends_until(Clock::time_point until) const {
    constexpr useconds_t pause = 1000;
    while (!has_ended()) {
      if (until <= Clock::now()) return false;
      usleep(pause);
    }
    return true;
  }

  pid_t pid_ = -1;
  int fd_ = -1;
};

/// "; the limit of processor time (ulimit -t) is 1 s", or nothing without a limit.
std::string processor_limit_text() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return "";
  return "; the limit of processor time (ulimit -t) is " + std::to_string(limit.rlim_cur) + " s";
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) {
    std::string words = std::string("its process was ended by ") + sigabbrev_np(WTERMSIG(status)) +
                        " (" + strsignal(WTERMSIG(status)) + ")";
    if (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU) {
      words += processor_limit_text();
    }
    if (WTERMSIG(status) == SIGKILL) {
      words +=
          "; the system may have killed it for lack of memory; now " + free_memory().describe();
    }
    return words;
  }
  return "its process left with code " + std::to_string(WEXITSTATUS(status));
}

constexpr const char* foreign_bytes =
    "code in its process wrote to a descriptor that it did not open, the connection to this "
    "program";

/// Throws if the child cannot begin: no kernel has run, so the environment is at fault and not the
/// first job.
void require_begun(Child& child, double limit_seconds) {
  constexpr double min_seconds = 60;
  Answer begun;
  const double limit = limit_seconds > 0 ? std::max(limit_seconds, min_seconds) : 0;
  switch (child.next_until(deadline(limit), beginning, begun)) {
    case Child::Read::message:
      if (begun.code == ExitCode::clean) return;
      if (begun.code == ExitCode::missing_resource) throw MissingResource(begun.text);
      if (begun.code == ExitCode::nothing_ran) throw NoDevice(begun.text);
      throw BadInput(begun.text);
    case Child::Read::foreign:
      throw BadInput("the child process for kernels did not start: " + std::string(foreign_bytes) +
                     " before any kernel ran");
    case Child::Read::end:
      throw BadInput(
          "the child process for kernels did not start: " + end_text(child.wait_status()) +
          " before any kernel ran; its output is above, and limits of threads and "
          "memory may be the cause (ulimit -a, the control group)");
    case Child::Read::late:
      throw BadInput("the process for kernels did not start within " +
                     std::to_string(static_cast<int>(limit)) + " s; no kernel ran");
  }
}

/// Distributes groups of jobs to children and passes their outcomes to `finish` in job order.
class Pool {
 public:
  explicit Pool(const IsolatedJobs& jobs)
      : jobs_(jobs), groups_(jobs.groups), outcomes_(jobs.finish) {
    if (groups_.empty()) groups_ = {0};
  }

  void run() {
    while (outcomes_.count() < jobs_.count) {
      start_workers();
      for (Worker* worker : ready()) handle(*worker);
      std::erase_if(workers_, [](const auto& worker) { return worker->child == nullptr; });
    }
  }

 private:
  struct Worker {
    std::unique_ptr<Child> child;  // null: ended
    Range range;                   // requested jobs without an outcome so far
    Clock::time_point until;       // deadline of the first of them
  };

  Range next_group() {
    if (taken_ == groups_.size()) return {};
    const std::int64_t first = groups_[taken_++];
    return {first, taken_ == groups_.size() ? jobs_.count : groups_[taken_]};
  }

  void start_workers() {
    while (static_cast<int>(workers_.size()) < std::max(1, jobs_.children)) {
      const Range range = next_group();
      if (range.empty()) return;
      workers_.push_back(std::make_unique<Worker>());
      start(*workers_.back(), range);
    }
  }

  void start(Worker& worker, const Range& range) {
    worker.child = std::make_unique<Child>(jobs_);
    require_begun(*worker.child, jobs_.time_limit_seconds);
    ask(worker, range);
  }

  void ask(Worker& worker, const Range& range) {
    worker.range = range;
    worker.child->ask_for(range);
    begin_job(worker);
  }

  void begin_job(Worker& worker) const { worker.until = deadline(jobs_.time_limit_seconds); }

  /// Workers that have sent something, have ended or are past their deadline.
  std::vector<Worker*> ready() {
    std::vector<pollfd> entries;
    auto until = Clock::time_point::max();
    for (const auto& worker : workers_) {
      entries.push_back({worker->child->descriptor(), POLLIN, 0});
      until = std::min(until, worker->until);
    }
    poll(entries.data(), entries.size(), milliseconds_until(until));
    std::vector<Worker*> found;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const bool late = workers_[i]->until <= Clock::now();
      const bool ended = workers_[i]->child->has_ended();
      if (entries[i].revents != 0 || late || ended) found.push_back(workers_[i].get());
    }
    return found;
  }

  void handle(Worker& worker) {
    Answer answer;
    switch (worker.child->next_until(worker.until, worker.range.next, answer)) {
      case Child::Read::foreign:
        return replace(worker, {JobOutcome::End::died, foreign_bytes});
      case Child::Read::message:
        if (answer.code == ExitCode::device_lost) {
          return replace(worker, {JobOutcome::End::died, std::move(answer.text)});
        }
        outcomes_.add(worker.range.next,
                      {answer.code == ExitCode::clean ? JobOutcome::End::returned
                                                      : JobOutcome::End::unavailable,
                       std::move(answer.text)});
        ++worker.range.next;
        if (!worker.range.empty()) return begin_job(worker);
        if (const Range range = next_group(); !range.empty()) return ask(worker, range);
        worker.child.reset();
        return;
      case Child::Read::late:
        return replace(worker,
                       {JobOutcome::End::timed_out,
                        "over the time limit of " +
                            std::to_string(static_cast<int>(jobs_.time_limit_seconds)) + " s"});
      case Child::Read::end:
        return replace(worker, {JobOutcome::End::died, end_text(worker.child->wait_status())});
    }
  }

  /// Records this outcome for the present job; a fresh child continues with the jobs after it.
  void replace(Worker& worker, JobOutcome outcome) {
    worker.child.reset();
    const Range rest{worker.range.next + 1, worker.range.last};
    outcomes_.add(worker.range.next, std::move(outcome));
    if (!rest.empty()) start(worker, rest);
  }

  const IsolatedJobs& jobs_;
  std::vector<std::int64_t> groups_;
  std::size_t taken_ = 0;  // groups given to a child
  InOrder<JobOutcome> outcomes_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace

void run_isolated(const IsolatedJobs& jobs) {
  if (jobs.count > 0) Pool(jobs).run();
}

JobOutcome run_here(const IsolatedJobs& jobs, std::int64_t i) {
  try {
    return {JobOutcome::End::returned, jobs.run(i)};
  } catch (const Unavailable& reason) {
    return {JobOutcome::End::unavailable, reason.what()};
  }
}

}  // namespace kernelgate
