"""Requests to run an algorithm somewhere, before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from oaasplatform.domain.documents import LargeDocument, Uploads, beginning, take, together
from oaasplatform.domain.errors import InvalidDocument, Violation
from oaasplatform.master.database.database import MasterDatabase
from oaasplatform.master.domain.catalogue import Algorithm
from oaasplatform.master.domain.executions import FederatedSubmission
from oaasplatform.master.domain.placement import AlgorithmKey, Wish
from oaasplatform.master.schemas.executions import FederatedExecutionCreate
from oaasplatform.services.documents import SchemaValidators
from oaasplatform.services.scheduling import Scheduler

Request = tuple[FederatedExecutionCreate, LargeDocument | None]
"""A request, and its input if that is large; in the request is ``null`` then."""
