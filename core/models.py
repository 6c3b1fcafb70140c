"""All tables of the kernel, gathered for Django."""

from core import among  # noqa: F401 - a lookup of all columns
from core.access.models import *  # noqa: F403
from core.event.models import *  # noqa: F403
from core.exchange.models import *  # noqa: F403
from core.field.models import *  # noqa: F403
from core.files.models import *  # noqa: F403
from core.identity.models import *  # noqa: F403
from core.mail.models import *  # noqa: F403
from core.module.models import *  # noqa: F403
from core.money.models import *  # noqa: F403
from core.notify.models import *  # noqa: F403
from core.organisation.models import *  # noqa: F403
from core.record.models import *  # noqa: F403
from core.record.transfer_models import *  # noqa: F403
from core.remote.models import *  # noqa: F403
from core.search.models import *  # noqa: F403
from core.signin.models import *  # noqa: F403
from core.web.models import *  # noqa: F403
from core.work.models import *  # noqa: F403
