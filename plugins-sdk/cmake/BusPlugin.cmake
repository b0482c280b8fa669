# What a plugin is built with. `find_package(bus-sdk)` brings it, and the targets bus::sdk and bus::plugin-check.

# bus_add_plugin(<name> SOURCES a.cpp ... [LINK library ...])
#
# Builds <name>.so, a plugin for the bus host, into ${BUS_PLUGIN_OUTPUT_DIRECTORY} (default: the build folder). It
# exports exactly one symbol, bus_plugin_v1, and links only if nothing is undefined.
function(bus_add_plugin name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${A_SOURCES})
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/bus_plugin_v1.map)
  set_target_properties(${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${map})
  if(BUS_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${BUS_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  bus_use_language(${name})
  target_link_libraries(${name} PRIVATE bus::sdk ${A_LINK})
  target_link_options(${name} PRIVATE -Wl,--version-script=${map})
  # The host copies a plugin into sealed memory before it maps it: what is not needed to run costs time at each start.
  target_link_options(${name} PRIVATE $<$<CONFIG:Release,MinSizeRel,RelWithDebInfo>:-Wl,--strip-debug>)
  # The sanitizers' runtime is in the host: with them a plugin has undefined symbols by design.
  if(NOT BUS_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# C++20 and C11, as far as the project has the language.
function(bus_use_language target)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(CXX IN_LIST languages)
    target_compile_features(${target} PRIVATE cxx_std_20)
  endif()
  if(C IN_LIST languages)
    target_compile_features(${target} PRIVATE c_std_11)
  endif()
endfunction()

# bus_check_plugin(<plugin> [SAMPLE sample.toml] [CASES testcases] [SET name=value ...] [NAME test])
#
# A test, `check_<plugin>` unless NAME says otherwise, with the label `contract`: bus-plugin-check over the plugin, its
# report also as JUnit XML in the build folder. Paths are those of the folder that calls.
function(bus_check_plugin plugin)
  cmake_parse_arguments(A "" "SAMPLE;CASES;NAME" "SET" ${ARGN})
  if(NOT A_NAME)
    set(A_NAME check_${plugin})
  endif()
  set(arguments --junit ${CMAKE_CURRENT_BINARY_DIR}/${A_NAME}.xml)
  foreach(file SAMPLE CASES)
    if(A_${file})
      string(TOLOWER ${file} flag)
      get_filename_component(path ${A_${file}} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
      list(APPEND arguments --${flag} ${path})
    endif()
  endforeach()
  foreach(setting ${A_SET})
    list(APPEND arguments --set ${setting})
  endforeach()
  add_test(NAME ${A_NAME} COMMAND bus::plugin-check $<TARGET_FILE:${plugin}> ${arguments})
  set_tests_properties(${A_NAME} PROPERTIES LABELS contract)
endfunction()
