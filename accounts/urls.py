from django.urls import path

from accounts.views import accounts, first_passwords, keys, login, roles, session

urlpatterns = [
    path("login/", login.LoginView.as_view(), name="login"),
    path("logout/", login.LogoutView.as_view(), name="logout"),
    path("session/", session.SessionView.as_view(), name="session"),
    path("password/", login.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", login.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("accounts/", accounts.AccountListView.as_view(), name="account-list"),
    path("accounts/add/", accounts.AccountCreateView.as_view(), name="account-add"),
    path("accounts/first-passwords/", first_passwords.FirstPasswordsView.as_view(), name="first-passwords"),
    path("accounts/<int:pk>/", accounts.AccountDetailView.as_view(), name="account-detail"),
    path("accounts/<int:pk>/edit/", accounts.AccountUpdateView.as_view(), name="account-edit"),
    path("accounts/<int:pk>/worker/", accounts.AccountWorkerView.as_view(), name="account-worker"),
    path("accounts/<int:pk>/password/", accounts.ResetPasswordView.as_view(), name="account-reset-password"),
    path("accounts/<int:pk>/state/", accounts.AccountStateView.as_view(), name="account-state"),
    path("accounts/<int:pk>/roles/add/", accounts.AssignmentCreateView.as_view(), name="assignment-add"),
    path("accounts/roles/<int:pk>/", accounts.AssignmentUpdateView.as_view(), name="assignment-edit"),
    path("keys/", keys.KeyListView.as_view(), name="key-list"),
    path("keys/add/", keys.KeyCreateView.as_view(), name="key-add"),
    path("keys/<int:pk>/disable/", keys.KeyDisableView.as_view(), name="key-disable"),
    path("roles/", roles.role_table, name="role-table"),
]
