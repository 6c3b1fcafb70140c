"""What bin/up and bin/test do. Only the standard library: it runs before anything is installed.

`inside` and `worker` alone run in the environment that was made. The scripts import this package as `launch`, because
importing `config` needs Celery; so the modules here import each other relatively.
"""
