"""Every error of the domain has its HTTP status."""

from __future__ import annotations

import inspect

from oaasplatform.api.problems import STATUS
from oaasplatform.domain import errors

NOT_OVER_HTTP = {
    errors.OaasError,
    # Only its kinds are raised.
    errors.Unreachable,
    # Stay between services and protocols.
    errors.InstanceBusy,
    errors.RunUnknown,
    errors.InputRefused,
    # Between the processes of a node.
    errors.LeadershipLost,
    # Keep the node from starting.
    errors.ProcessFailed,
    errors.SettingsInvalid,
    errors.MigrationsPending,
}


def test_no_error_is_forgotten() -> None:
    known = {
        type_
        for _, type_ in inspect.getmembers(errors, inspect.isclass)
        if issubclass(type_, errors.OaasError) and type_ not in NOT_OVER_HTTP
    }
    assert known == set(STATUS)


def test_codes_are_unique() -> None:
    codes = [type_.code for type_ in STATUS]
    assert len(codes) == len(set(codes))
