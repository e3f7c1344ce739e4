"""The registry as one thing: its database, and the rooms of what it keeps."""

from aftersend.registry.campaign_search import CampaignSearch
from aftersend.registry.campaigns import Campaigns
from aftersend.registry.database import Database
from aftersend.registry.estimates import Estimates
from aftersend.registry.global_group import UploadedUsers
from aftersend.registry.workspaces import Workspaces


class Registry:
    """Everything that changes slowly: who may ask, and what was sent."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.workspaces = Workspaces(self.database)
        self.campaigns = Campaigns(self.database)
        self.search = CampaignSearch(self.database)
        self.estimates = Estimates(self.database)
        self.uploaded_users = UploadedUsers(self.database)

    def close(self) -> None:
        """Close every connection."""
        self.database.close()
