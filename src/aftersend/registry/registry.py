"""The registry as one thing: its database, and the rooms of what it keeps."""

from collections.abc import Callable
from datetime import datetime

from aftersend.registry.campaign_search import CampaignSearch
from aftersend.registry.campaign_selection import CampaignSelection
from aftersend.registry.campaigns import Campaigns
from aftersend.registry.database import Database
from aftersend.registry.estimates import Estimates
from aftersend.registry.global_group import UploadedUsers
from aftersend.registry.keys import Keys
from aftersend.registry.report_keys import ReportKeys
from aftersend.registry.reports import Reports
from aftersend.registry.set_aside import SetAsideEvents
from aftersend.registry.trail import Trail
from aftersend.registry.workspaces import Workspaces


class Registry:
    """Everything that changes slowly: who may ask, and what was sent."""

    def __init__(self, url: str, now: Callable[[], datetime]) -> None:
        self.database = Database(url)
        self.trail = Trail(self.database, now)
        self.workspaces = Workspaces(self.database, self.trail)
        self.keys = Keys(self.database, self.workspaces, self.trail, now)
        self.campaigns = Campaigns(self.database, self.trail)
        self.uploaded_users = UploadedUsers(self.database, self.trail)
        self.set_aside = SetAsideEvents(self.database)
        self.selection = CampaignSelection(self.database)
        self.reports = Reports(self.database)
        self.report_keys = ReportKeys(self.database)
        self.search = CampaignSearch(self.database)
        self.estimates = Estimates(self.database)

    def close(self) -> None:
        """Close every connection."""
        self.database.close()
