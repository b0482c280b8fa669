# Warnings, sanitizers and the two helpers that every folder uses.
add_library(bus_compile INTERFACE)
target_compile_options(bus_compile INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  # g++ 12 reports false positives of these in std::function and std::string with -O2.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>
  # -Wreserved-identifier is clang-tidy's check of that name at a fraction of its time.
  $<$<AND:$<CXX_COMPILER_ID:Clang>,$<COMPILE_LANGUAGE:CXX>>:-Wthread-safety -Wreserved-identifier>
  $<$<BOOL:${BUS_WERROR}>:-Werror>)
target_include_directories(bus_compile INTERFACE ${CMAKE_SOURCE_DIR})
find_package(Threads REQUIRED)
target_link_libraries(bus_compile INTERFACE Threads::Threads)

if(BUS_SANITIZE)
  add_compile_options(-fsanitize=${BUS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BUS_SANITIZE})
endif()

# libFuzzer finds its way by what the libraries under test report, not only the target's own file.
if(BUS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(BUS_MOLD mold)
if(BUS_MOLD AND NOT BUS_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

# bus_core_library(<folder> SOURCES a.cpp ... [DEPENDS folder ...] [LINK library ...])
# One static library for each folder of core/. DEPENDS names other folders of core/.
function(bus_core_library name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(bus_${name} STATIC ${A_SOURCES})
  list(TRANSFORM A_DEPENDS PREPEND bus_)
  target_link_libraries(bus_${name} PUBLIC bus_compile ${A_DEPENDS} PRIVATE ${A_LINK})
endfunction()

# bus_unit_test(<folder> SOURCES a_test.cpp ... [DEPENDS folder ...] [LINK library ...])
# One test program for each folder of tests/unit/, run by ctest under the name unit_<folder>.
function(bus_unit_test name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_executable(unit_${name} ${A_SOURCES})
  list(TRANSFORM A_DEPENDS PREPEND bus_)
  target_link_libraries(unit_${name} PRIVATE bus_${name} ${A_DEPENDS} bus_test_support ${A_LINK}
                        GTest::gmock GTest::gtest_main)
  add_test(NAME unit_${name} COMMAND unit_${name})
  set_tests_properties(unit_${name} PROPERTIES TIMEOUT 300)
endfunction()
