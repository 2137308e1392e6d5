# Adds the libraries of a bundle from third_party/ (ci/bundle.sh). Sources are compiled here, so that the
# bundle does not depend on the processor or the age of this system.
set(third_party ${PROJECT_SOURCE_DIR}/third_party)
message(STATUS "Libraries: those of this bundle, third_party/PACKAGES.csv")

# bundled_headers(<target> <folder>): adds a header-only library.
function(bundled_headers target folder)
  add_library(${target} INTERFACE IMPORTED)
  target_include_directories(${target} SYSTEM INTERFACE ${third_party}/${folder}/include)
endfunction()

# bundled_library(<name> <alias> <folder> <source>…): adds a library compiled from source, without warnings.
function(bundled_library name alias folder)
  add_library(${name} STATIC ${ARGN})
  add_library(${alias} ALIAS ${name})
  target_include_directories(${name} SYSTEM PUBLIC ${third_party}/${folder}/include)
  target_compile_options(${name} PRIVATE -w)
endfunction()

bundled_headers(nlohmann_json::nlohmann_json nlohmann-json)
bundled_headers(CLI11::CLI11 cli11)
set(FCCP_INCLUDE_DIR ${third_party}/fccp/include)
bundled_library(bundled_fmt fmt::fmt fmt ${third_party}/fmt/src/format.cc ${third_party}/fmt/src/os.cc)

file(GLOB sources ${third_party}/benchmark/src/*.cc)
list(FILTER sources EXCLUDE REGEX "/benchmark_main\\.cc$")
bundled_library(bundled_benchmark benchmark::benchmark benchmark ${sources})
target_compile_definitions(bundled_benchmark PUBLIC BENCHMARK_STATIC_DEFINE
  PRIVATE HAVE_STD_REGEX HAVE_STEADY_CLOCK)
target_link_libraries(bundled_benchmark PUBLIC Threads::Threads)

if(kernelgate_needs_gtest)
  foreach(name IN ITEMS gtest gmock)
    string(REPLACE "gtest" "googletest" folder ${name})
    string(REPLACE "gmock" "googlemock" folder ${folder})
    set(googletest_${name} googletest/${folder})
    bundled_library(bundled_${name} GTest::${name} ${googletest_${name}}
      ${third_party}/${googletest_${name}}/src/${name}-all.cc)
    target_include_directories(bundled_${name} PRIVATE ${third_party}/${googletest_${name}})
  endforeach()
  target_link_libraries(bundled_gtest PUBLIC Threads::Threads)
  target_link_libraries(bundled_gmock PUBLIC bundled_gtest)
  bundled_library(bundled_gtest_main GTest::gtest_main googletest/googletest
    ${third_party}/googletest/googletest/src/gtest_main.cc)
  target_link_libraries(bundled_gtest_main PUBLIC bundled_gtest)
endif()
