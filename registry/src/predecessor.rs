//! Where each function of the predecessor, a Python module for planner classes, is found here. Holds
//! no code.
//!
//! Every row names a test that shows it; `tests/tests/predecessor.rs` checks that each exists.
//!
//! | there | here | shown by |
//! |---|---|---|
//! | `discover` | [`Registry::discover`], which reads what changed | `tests/tests/reload.rs` `discovering_an_unchanged_folder_changes_nothing_and_keeps_the_instance` |
//! | `discover(force)` | [`Registry::refresh_metadata`], or the setting `discovery.force_rediscover` | `tests/tests/profiles.rs` `refreshing_reads_every_file_anew_and_keeps_planners_that_did_not_change` |
//! | `refresh_metadata` | [`Registry::refresh_metadata`]; a ring's capacity is fixed for the life of a registry | `tests/tests/profiles.rs` `refreshing_reads_every_file_anew_and_keeps_planners_that_did_not_change` |
//! | `get_planner` | [`Registry::get`], or [`Registry::handle`] for one to keep | `tests/tests/once.rs` `sixteen_threads_that_ask_for_a_cold_planner_get_one_reference_and_cause_one_construction` |
//! | `list_planners` | [`Registry::names`], with held and failing ones as [`Include`] has it; [`Registry::list`] for all, each with its state | `tests/tests/profiles.rs` `names_are_of_who_can_be_called_and_of_others_where_that_is_wanted` |
//! | `get_all` | [`Registry::warm_up`], then [`Registry::get`] for each name | `tests/tests/reload.rs` `warming_up_starts_every_planner_and_reports_each_by_name` |
//! | `instantiate_all` | [`Registry::warm_up`], which reports by name | `tests/tests/reload.rs` `warming_up_starts_every_planner_and_reports_each_by_name` |
//! | `select_best` | [`Registry::select_best`] | `tests/tests/select/started.rs` `only_what_is_returned_is_started` |
//! | `select_best_name` | [`Registry::select_best_name`] | `tests/tests/heal.rs` `a_selection_heals_where_that_is_wanted_and_ranks_what_came_back` |
//! | `batch_select` | [`Registry::select_top`] | `tests/tests/select/started.rs` `only_what_is_returned_is_started` |
//! | `self_heal` | [`Registry::heal`] | `registry/src/heal/tests.rs` `an_empty_folder_that_gets_its_planner_during_the_second_attempt_is_healed_by_it` |
//! | `planner_stats` | [`Registry::stats`] for all, [`Registry::describe`] for one | `tests/tests/profiles.rs` `numbers_and_percentiles_tell_of_the_samples` |
//! | `describe_planner` | [`Registry::describe`] | `tests/tests/command/answers.rs` `describe_shows_everything_known_of_one_planner` |
//! | `diagnostics_json` | [`Registry::diagnose`], which serialises | `tests/tests/profiles.rs` `the_document_of_the_command_has_the_profiles` |
//! | `diagnostics_report` | [`Registry::diagnose`] and [`report`](fn@crate::diagnose::text::report) | `tests/tests/command/report.rs` `diagnose_tells_of_every_planner_and_every_file` |
//! | `export_diagnostics` | [`Registry::export_diagnostics`] | `tests/tests/profiles.rs` `an_export_is_the_whole_document_in_place_of_the_old_one_or_an_error_that_leaves_it` |
//! | `health_check` | [`Registry::health`], whose suggestions are commands | `tests/tests/health.rs` `every_planner_is_counted_and_readiness_is_a_matter_of_the_active_ones` |
//! | `list_quarantined` | [`Registry::list_quarantined`] | `tests/tests/profiles.rs` `planners_that_are_held_back_are_listed` |
//! | `reload` | [`Registry::reload`]; failures from before are archived | `tests/tests/generations.rs` `failed_starts_are_kept_and_archived_by_a_discovery` |
//! | `selection_profiles` | [`Registry::selection_profiles`] | `tests/tests/profiles.rs` `a_selection_leaves_a_sample_with_all_that_was_weighed` |
//! | `instantiation_profiles` | [`Registry::instantiation_profiles`] | `tests/tests/profiles.rs` `each_profile_can_be_turned_off` |
//! | `a_get_planner` | `Registry::handle_async`, with the feature `async` | `tests/tests/asynchronous.rs` `a_cold_start_leaves_the_executors_thread_free_and_a_warm_one_is_answered_at_once` |
//! | `a_select_best` | `Registry::select_best_async`, with the feature `async` | `tests/tests/asynchronous.rs` `the_best_planner_is_ranked_and_started_off_the_executors_thread` |
//! | `warn_once` | inside: what cannot be saved is complained of once a kind of trouble | `tests/tests/events.rs` `a_state_that_others_could_have_changed_is_an_error_and_hides_no_planner` |
//!
//! [`Registry::discover`]: crate::Registry::discover
//! [`Registry::refresh_metadata`]: crate::Registry::refresh_metadata
//! [`Registry::get`]: crate::Registry::get
//! [`Registry::handle`]: crate::Registry::handle
//! [`Include`]: crate::Include
//! [`Registry::names`]: crate::Registry::names
//! [`Registry::list`]: crate::Registry::list
//! [`Registry::warm_up`]: crate::Registry::warm_up
//! [`Registry::select_best`]: crate::Registry::select_best
//! [`Registry::select_best_name`]: crate::Registry::select_best_name
//! [`Registry::select_top`]: crate::Registry::select_top
//! [`Registry::heal`]: crate::Registry::heal
//! [`Registry::stats`]: crate::Registry::stats
//! [`Registry::describe`]: crate::Registry::describe
//! [`Registry::diagnose`]: crate::Registry::diagnose
//! [`Registry::export_diagnostics`]: crate::Registry::export_diagnostics
//! [`Registry::health`]: crate::Registry::health
//! [`Registry::list_quarantined`]: crate::Registry::list_quarantined
//! [`Registry::reload`]: crate::Registry::reload
//! [`Registry::selection_profiles`]: crate::Registry::selection_profiles
//! [`Registry::instantiation_profiles`]: crate::Registry::instantiation_profiles
